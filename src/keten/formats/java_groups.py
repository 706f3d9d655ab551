"""Which Maven group publishes a jar that carries no pom: known names, proven by its packages.

Many are built by Gradle or Ant and say nowhere what their coordinates are. A rule here holds
only where the archive also has the folder of classes that the real one has; a name alone
("core.jar") proves nothing. Facts of Maven Central.
"""

_RULES = """
aopalliance | aopalliance | org/aopalliance
ant ant-launcher ant-junit | org.apache.ant | org/apache/tools/ant
asm asm-analysis asm-commons asm-tree asm-util | org.ow2.asm | org/objectweb/asm
aspectjrt aspectjtools aspectjweaver | org.aspectj | org/aspectj
bcmail-* bcpg-* bcpkix-* bcprov-* bctls-* bcutil-* | org.bouncycastle | org/bouncycastle
c3p0 mchange-commons-java | com.mchange | com/mchange
connect-api connect-json connect-runtime connect-transforms | org.apache.kafka | org/apache/kafka
checker-qual checker | org.checkerframework | org/checkerframework
derby derbyclient derbynet derbyshared derbytools | org.apache.derby | org/apache/derby
elasticsearch elasticsearch-* | org.elasticsearch | org/elasticsearch
grpc-* | io.grpc | io/grpc
guice | com.google.inject | com/google/inject
h2 | com.h2database | org/h2
hamcrest hamcrest-core hamcrest-library | org.hamcrest | org/hamcrest
hsqldb | org.hsqldb | org/hsqldb
junit | junit | org/junit
junit-jupiter-* | org.junit.jupiter | org/junit/jupiter
junit-platform-* | org.junit.platform | org/junit/platform
kafka_* | org.apache.kafka | kafka
kafka-clients kafka-streams kafka-server-common | org.apache.kafka | org/apache/kafka
kotlin-reflect kotlin-stdlib kotlin-stdlib-* | org.jetbrains.kotlin | kotlin
kotlinx-coroutines-* kotlinx-serialization-* | org.jetbrains.kotlinx | kotlinx
lucene-* | org.apache.lucene | org/apache/lucene
micrometer-* | io.micrometer | io/micrometer
mockito-core mockito-inline | org.mockito | org/mockito
mysql-connector-j | com.mysql | com/mysql
mysql-connector-java | mysql | com/mysql
ojdbc6 ojdbc8 ojdbc10 ojdbc11 | com.oracle.database.jdbc | oracle/jdbc
okhttp okhttp-* | com.squareup.okhttp3 | okhttp3
okio okio-jvm | com.squareup.okio | okio
opencensus-* | io.opencensus | io/opencensus
poi poi-ooxml poi-ooxml-schemas poi-scratchpad | org.apache.poi | org/apache/poi
postgresql | org.postgresql | org/postgresql
quartz | org.quartz-scheduler | org/quartz
reactor-core | io.projectreactor | reactor
reactor-netty reactor-netty-* | io.projectreactor.netty | reactor/netty
rxjava | io.reactivex.rxjava3 | io/reactivex/rxjava3
scala-compiler scala-library scala-reflect | org.scala-lang | scala
solr-core solr-solrj | org.apache.solr | org/apache/solr
spring-aop spring-aspects spring-beans spring-context spring-context-indexer spring-context-support\
 spring-core spring-expression spring-instrument spring-jdbc spring-jms spring-messaging\
 spring-orm spring-oxm spring-r2dbc spring-test spring-tx spring-web spring-webflux\
 spring-webmvc spring-websocket | org.springframework | org/springframework
spring-jcl | org.springframework | org/apache/commons/logging
spring-amqp spring-rabbit | org.springframework.amqp | org/springframework/amqp
spring-batch-* | org.springframework.batch | org/springframework/batch
spring-boot spring-boot-* | org.springframework.boot | org/springframework/boot
spring-cloud-* | org.springframework.cloud | org/springframework/cloud
spring-data-* | org.springframework.data | org/springframework/data
spring-hateoas | org.springframework.hateoas | org/springframework/hateoas
spring-integration-* | org.springframework.integration | org/springframework/integration
spring-kafka | org.springframework.kafka | org/springframework/kafka
spring-security-* | org.springframework.security | org/springframework/security
spring-session-* | org.springframework.session | org/springframework/session
tomcat-embed-core | org.apache.tomcat.embed | org/apache/catalina
tomcat-embed-el | org.apache.tomcat.embed | org/apache/el
tomcat-embed-jasper | org.apache.tomcat.embed | org/apache/jasper
tomcat-embed-websocket | org.apache.tomcat.embed | org/apache/tomcat
velocity velocity-engine-core | org.apache.velocity | org/apache/velocity
xalan serializer | xalan | org/apache/xml
xercesImpl | xerces | org/apache/xerces
xmlbeans | org.apache.xmlbeans | org/apache/xmlbeans
zookeeper zookeeper-jute | org.apache.zookeeper | org/apache/zookeeper
"""

_EXACT: dict[str, tuple[str, str]] = {}
_HEADS: dict[str, tuple[str, str]] = {}
for _rule in _RULES.strip().split("\n"):
    _names, _group, _folder = (part.strip() for part in _rule.split("|"))
    for _name in _names.split():
        if _name.endswith("*"):
            _HEADS[_name[:-1]] = (_group, _folder)
        else:
            _EXACT[_name] = (_group, _folder)

FOLDERS = frozenset(folder for _, folder in (*_EXACT.values(), *_HEADS.values()))
"""The folders that prove something."""
DEPTH = 1 + max(folder.count("/") for folder in FOLDERS)


def group(artifact: str, folders: "frozenset[str] | set[str]") -> str:
    """Return the group that publishes *artifact*, "" where *folders* do not prove one."""
    found = _EXACT.get(artifact)
    if found is None:
        heads = [head for head in _HEADS if artifact.startswith(head)]
        found = _HEADS[max(heads, key=len)] if heads else None
    return found[0] if found is not None and found[1] in folders else ""
