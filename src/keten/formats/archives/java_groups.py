"""Which Maven group publishes a jar that carries no pom: known names, proven by its packages.

Many are built by Gradle or Ant and say nowhere what their coordinates are. A rule here holds
only where the archive also has the folder of classes that the real one has; a name alone
("core.jar") proves nothing. Facts of Maven Central.

A rule is: names, group, folders of which one is enough, the major version that it begins at.
"""

from collections.abc import Set  # noqa: PYI025 the name says what it is
from typing import NamedTuple

MODULE = "=module"
"""The proof of a jar without classes: its Automatic-Module-Name is its name with dots."""
_RULES = """
ant ant-launcher ant-junit | org.apache.ant | org/apache/tools/ant
antlr | antlr | antlr
aopalliance | aopalliance | org/aopalliance
asm asm-analysis asm-commons asm-tree asm-util | org.ow2.asm | org/objectweb/asm | 4
aspectjrt aspectjtools aspectjweaver | org.aspectj | org/aspectj
backport-util-concurrent | backport-util-concurrent | edu/emory/mathcs
bcmail-* bcpg-* bcpkix-* bcprov-* bctls-* bcutil-* | org.bouncycastle | org/bouncycastle
c3p0 mchange-commons-java | com.mchange | com/mchange
checker checker-compat-qual checker-qual | org.checkerframework | org/checkerframework
classworlds | classworlds | org/codehaus/classworlds
commons-beanutils | commons-beanutils | org/apache/commons/beanutils
commons-cli | commons-cli | org/apache/commons/cli
commons-codec | commons-codec | org/apache/commons/codec
commons-collections | commons-collections | org/apache/commons/collections
commons-dbcp | commons-dbcp | org/apache/commons/dbcp
commons-digester | commons-digester | org/apache/commons/digester
commons-fileupload | commons-fileupload | org/apache/commons/fileupload
commons-httpclient | commons-httpclient | org/apache/commons/httpclient
commons-io | commons-io | org/apache/commons/io
commons-lang | commons-lang | org/apache/commons/lang
commons-logging | commons-logging | org/apache/commons/logging
commons-validator | commons-validator | org/apache/commons/validator
connect-api connect-json connect-runtime connect-transforms | org.apache.kafka | org/apache/kafka
derby derbyclient derbynet derbyshared derbytools | org.apache.derby | org/apache/derby
elasticsearch elasticsearch-* | org.elasticsearch | org/elasticsearch
grpc-* | io.grpc | io/grpc
guice | com.google.inject | com/google/inject
h2 | com.h2database | org/h2
hamcrest hamcrest-core hamcrest-library | org.hamcrest | org/hamcrest
hibernate-commons-annotations | org.hibernate.common | org/hibernate/annotations
hsqldb | org.hsqldb | org/hsqldb
javax.inject | javax.inject | javax/inject
jdom | org.jdom | org/jdom
jdom2 | org.jdom | org/jdom2
jna jna-platform | net.java.dev.jna | com/sun/jna
jsr250-api | javax.annotation | javax/annotation
jsr305 | com.google.code.findbugs | javax/annotation
junit | junit | org/junit,junit/framework
junit-jupiter-* | org.junit.jupiter | org/junit/jupiter
junit-platform-* | org.junit.platform | org/junit/platform
kafka-clients kafka-streams kafka-server-common | org.apache.kafka | org/apache/kafka
kafka_* | org.apache.kafka | kafka
kotlin-reflect kotlin-stdlib kotlin-stdlib-* | org.jetbrains.kotlin | kotlin
kotlinx-coroutines-* kotlinx-serialization-* | org.jetbrains.kotlinx | kotlinx
lucene-* | org.apache.lucene | org/apache/lucene
lz4-java | org.lz4 | net/jpountz
micrometer-* | io.micrometer | io/micrometer
mockito-core mockito-inline | org.mockito | org/mockito
mysql-connector-j | com.mysql | com/mysql
mysql-connector-java | mysql | com/mysql
ojdbc6 ojdbc8 ojdbc10 ojdbc11 | com.oracle.database.jdbc | oracle/jdbc
okhttp okhttp-* | com.squareup.okhttp3 | okhttp3
okio okio-jvm | com.squareup.okio | okio
opencensus-* | io.opencensus | io/opencensus
oro | oro | org/apache/oro
poi poi-ooxml poi-ooxml-schemas poi-scratchpad | org.apache.poi | org/apache/poi
postgresql | org.postgresql | org/postgresql
quartz | org.quartz-scheduler | org/quartz
reactor-core | io.projectreactor | reactor
reactor-netty reactor-netty-* | io.projectreactor.netty | reactor/netty
rxjava | io.reactivex.rxjava3 | io/reactivex/rxjava3
scala-compiler scala-library scala-reflect | org.scala-lang | scala
solr-core solr-solrj | org.apache.solr | org/apache/solr
spring-amqp spring-rabbit | org.springframework.amqp | org/springframework/amqp
spring-aop spring-aspects spring-beans spring-context spring-context-indexer\
 spring-context-support spring-core spring-expression spring-instrument spring-jdbc spring-jms\
 spring-messaging spring-orm spring-oxm spring-r2dbc spring-test spring-tx spring-web\
 spring-webflux spring-webmvc spring-websocket | org.springframework | org/springframework
spring-batch-* | org.springframework.batch | org/springframework/batch
spring-boot spring-boot-* | org.springframework.boot | org/springframework/boot
spring-boot-starter spring-boot-starter-* | org.springframework.boot | =module
spring-cloud-* | org.springframework.cloud | org/springframework/cloud
spring-data-* | org.springframework.data | org/springframework/data
spring-hateoas | org.springframework.hateoas | org/springframework/hateoas
spring-integration-* | org.springframework.integration | org/springframework/integration
spring-jcl | org.springframework | org/apache/commons/logging
spring-kafka | org.springframework.kafka | org/springframework/kafka
spring-security-* | org.springframework.security | org/springframework/security
spring-session-* | org.springframework.session | org/springframework/session
tomcat-embed-core | org.apache.tomcat.embed | org/apache/catalina
tomcat-embed-el | org.apache.tomcat.embed | org/apache/el
tomcat-embed-jasper | org.apache.tomcat.embed | org/apache/jasper
tomcat-embed-websocket | org.apache.tomcat.embed | org/apache/tomcat
tomlj | org.tomlj | org/tomlj
velocity velocity-engine-core | org.apache.velocity | org/apache/velocity
xalan serializer | xalan | org/apache/xml
xercesImpl | xerces | org/apache/xerces
xml-apis | xml-apis | org/w3c/dom
xmlbeans | org.apache.xmlbeans | org/apache/xmlbeans
xz | org.tukaani | org/tukaani/xz
zookeeper zookeeper-jute | org.apache.zookeeper | org/apache/zookeeper
"""


class _Rule(NamedTuple):
    """A *group*, the folders of which one proves it, and the major version that it begins at."""

    group: str
    folders: frozenset[str]
    since: int = 0


_EXACT: dict[str, _Rule] = {}
_HEADS: dict[str, _Rule] = {}
for _line in _RULES.strip().split("\n"):
    _names, _group, _folders, *_since = (part.strip() for part in _line.split("|"))
    _rule = _Rule(_group, frozenset(_folders.split(",")), int("".join(_since) or "0"))
    for _name in _names.split():
        if _name.endswith("*"):
            _HEADS[_name[:-1]] = _rule
        else:
            _EXACT[_name] = _rule

FOLDERS = frozenset[str]().union(
    *(rule.folders for rule in (*_EXACT.values(), *_HEADS.values()))
) - {MODULE}
"""The folders that prove something."""
DEPTH = 1 + max(folder.count("/") for folder in FOLDERS)


def group(artifact: str, version: str, proofs: Set[str]) -> str:
    """Return the group that publishes *artifact*, "" where *proofs* are of none.

    *proofs* are the folders of FOLDERS that the archive has, and MODULE where it says that
    it is the module of that name.
    """
    rule = _EXACT.get(artifact)
    if rule is None:
        heads = [head for head in _HEADS if artifact.startswith(head)]
        rule = _HEADS[max(heads, key=len)] if heads else None
    if rule is None or rule.folders.isdisjoint(proofs):
        return ""
    major = version.partition(".")[0][:6]
    return rule.group if not rule.since or (major.isdecimal() and int(major) >= rule.since) else ""
