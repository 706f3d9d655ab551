#!/bin/sh
# Tells of this node what keten judges: how the programs of Kubernetes were started, who may
# read and write their files, and what their configuration says. It changes nothing, sends
# nothing, and prints no private key, token or password: see leave_out below. Run it as root:
#
#   sh keten-node.sh > $(hostname).keten-node
#
# and put the file beside the manifests that you scan. ROOT and PROC are for trying it out.
ROOT=${ROOT:-}
PROC=${PROC:-$ROOT/proc}
LC_ALL=C
export LC_ALL
umask 077

# What stands behind a name that ends with one of these words is left out: in YAML, in JSON, in a
# flag and in the argument behind one. So are private keys, and the headers that a kubelet sends
# where it fetches pods by address.
hide=""
name="[\"']\\{0,1\\}[A-Za-z0-9_.-]*"
gap="[\"']\\{0,1\\}[[:space:]]*:"
for word in token password secret client-key-data secret-key access-key datastore-endpoint vpn-auth; do
  hide="$hide
s/^\\([[:space:]]*-\\{0,1\\}[[:space:]]*$name$word$gap\\).*[^,[:space:]{\[]/\\1 \"(left out)\"/
s/\\([{,][[:space:]]*$name$word$gap\\)[[:space:]]*\"[^\"]*\"/\\1 \"(left out)\"/g
s/\\([{,][[:space:]]*$name$word$gap\\)[[:space:]]*'[^']*'/\\1 \"(left out)\"/g
s/\\([{,][[:space:]]*$name$word$gap\\)[[:space:]]*[^\"'[:space:]{\[,}][^,}]*/\\1 \"(left out)\"/g
s/\\(--[A-Za-z0-9_-]*$word=\\).*/\\1(left out)/
/^--[A-Za-z0-9_-]*$word\$/{n;s/.*/(left out)/;}"
done
hide="$hide
/-----BEGIN [A-Z ]*PRIVATE KEY-----/,/-----END [A-Z ]*PRIVATE KEY-----/d
/^staticPodURLHeader:/,/^[A-Za-z]/{
s/^staticPodURLHeader:.*/staticPodURLHeader: {}/
/^[A-Za-z]/!d
}
s/\"staticPodURLHeader\"[[:space:]]*:[[:space:]]*{[^}]*}/\"staticPodURLHeader\": {}/
/\"staticPodURLHeader\"[^}]*\$/,/}/{
s/\"staticPodURLHeader\".*/\"staticPodURLHeader\": {/
t
s/.*}/}/
t
d
}"
leave_out() {
  sed -e "$hide"
}

# about ROLE PATH: its mode, owner and group, and when it was last written.
about() {
  [ -e "$ROOT$2" ] || return 0
  if told=$(stat -L -c '%A %U %G %u %g %Y' "$ROOT$2" 2>/dev/null); then
    numbers=${told#* * * }
    case $told in
      *' UNKNOWN '*) owners=${numbers% *} ;;
      *) owners=${told#* } owners=${owners%" $numbers"} ;;
    esac
    echo "file $1 ${told%% *} $owners $2"
    echo "changed ${told##* } $2"
  else
    echo "file $1 $(ls -ldL "$ROOT$2" 2>/dev/null | tr -s ' ' | cut -d ' ' -f 1,3,4) $2"
  fi
}

# quoted PATH: each line behind a bar; the last one may lack its end.
quoted() {
  {
    leave_out <"$ROOT$1"
    echo
  } | sed -e 's/^/|/'
}

# shown ROLE PATH [AS]: the file's text too; AS is its role as a file.
shown() {
  [ -f "$ROOT$2" ] || return 0
  about "${3:-$1}" "$2"
  echo "text $1 $2"
  quoted "$2"
}

# each FOLDER PATTERN: the files there, by their paths on the node.
each() {
  [ -d "$ROOT$1" ] || return 0
  find "$ROOT$1" -name "$2" \( -type f -o -type l \) 2>/dev/null | sed -e "s|^$ROOT||" | sort
}

# certified PATH: a certificate, and whether its key is beside it in the file.
certified() {
  [ -f "$ROOT$1" ] || return 0
  case $1 in
    *key.pem) about key "$1" ;;
    *) if grep -q 'PRIVATE KEY' "$ROOT$1" 2>/dev/null; then
         about key "$1"
       else
         about certificate "$1"
       fi
       echo "text certificate $1"
       quoted "$1" ;;
  esac
}

# kubeconfig PATH: it, and the certificates that it names.
kubeconfig() {
  [ -f "$ROOT$1" ] || return 0
  shown kubeconfig "$1"
  sed -n -e "s/^[[:space:]]*client-certificate:[[:space:]]*[\"']\{0,1\}\(\/[^\"']*\).*/\1/p" "$ROOT$1" |
    while read -r path; do
      certified "$path"
    done
}

# dropins FOLDER: that it was looked into, and the files in it that count.
dropins() {
  about kubelet-dropins "${1%/}"
  each "$1" '*.conf' | while read -r file; do
    about kubelet-config "$file"
    echo "text kubelet-dropin $file"
    quoted "$file"
  done
}

echo "keten-node-report/1"
echo "host $(cat "$PROC/sys/kernel/hostname" 2>/dev/null || uname -n)"
echo "kernel $(cat "$PROC/sys/kernel/osrelease" 2>/dev/null || uname -r)"
for key in kernel.panic kernel.panic_on_oops vm.overcommit_memory vm.panic_on_oom; do
  value=$(cat "$PROC/sys/$(echo "$key" | tr . /)" 2>/dev/null) && echo "sysctl $key $value"
done

# note FLAG PATH: that a program names a file.
named=""
note() {
  case $1 in
    --config | --config-dir | --kubeconfig | --bootstrap-kubeconfig | --data-dir | \
      --client-ca-file | --encryption-provider-config | --audit-policy-file | \
      --admission-control-config-file | --authentication-config | --authorization-config)
      named="$named
${1#--} $2" ;;
  esac
  case $1:$2 in
    --*.crt | --*.pem) named="$named
certificate $2" ;;
  esac
}

for folder in "$PROC"/[0-9]*; do
  [ -r "$folder/cmdline" ] || continue
  words=$(tr '\n\000' ' \n' <"$folder/cmdline" 2>/dev/null)
  first=${words%%"
"*}
  case ${first##*/} in
    kube-apiserver | kube-controller-manager | kube-scheduler | etcd | kubelet | kube-proxy | hyperkube) ;;
    *) continue ;;
  esac
  echo "process ${folder##*/} ${first##*/}"
  printf '%s\n' "$words" | leave_out | sed -e 's/^/|/'
  if [ "${first##*/}" = etcd ] && [ -r "$folder/environ" ]; then
    tr '\n\000' ' \n' <"$folder/environ" | grep '^ETCD_' | grep -v -e PASSWORD -e TOKEN -e SECRET |
      sed -e 's/^/$/'
  fi
  before=""
  while IFS= read -r word; do
    case $word in
      --*=/*) note "${word%%=*}" "${word#*=}" ;;
      /*) note "$before" "$word" ;;
    esac
    before=$word
  done <<WORDS
$words
WORDS
done

echo "$named" | sort -u | while read -r flag path; do
  case $flag in
    '') ;;
    data-dir) about etcd-data "$path" ;;
    client-ca-file) about client-ca "$path" ;;
    kubeconfig | bootstrap-kubeconfig) kubeconfig "$path" ;;
    certificate) certified "$path" ;;
    config) shown kubelet-config "$path" ;;
    config-dir) dropins "$path" ;;
    admission-control-config-file)
      shown server-config "$path"
      [ -f "$ROOT$path" ] || continue
      sed -n -e "s/^[[:space:]]*-\{0,1\}[[:space:]]*path:[[:space:]]*[\"']\{0,1\}\([^\"']*\).*/\1/p" "$ROOT$path" |
        while read -r other; do
          case $other in
            /*) shown server-config "$other" ;;
            ?*) shown server-config "${path%/*}/$other" ;;
          esac
        done ;;
    encryption-provider-config) shown server-config "$path" key ;;
    *) shown server-config "$path" ;;
  esac
done
about etcd-data /var/lib/etcd
about etcd-data /var/lib/k0s/etcd
for path in $(each /etc/kubernetes/manifests '*.y*ml') $(each /etc/kubernetes/manifests '*.manifest') \
  $(each /var/lib/rancher/rke2/agent/pod-manifests '*.y*ml'); do
  shown manifest "$path"
done
for path in /etc/kubernetes/admin.conf /etc/kubernetes/super-admin.conf \
  /etc/kubernetes/scheduler.conf /etc/kubernetes/controller-manager.conf \
  /etc/kubernetes/kubelet.conf /etc/kubernetes/bootstrap-kubelet.conf \
  /var/lib/kubelet/kubeconfig /var/lib/kube-proxy/kubeconfig /var/lib/kube-proxy/kubeconfig.conf \
  /root/.kube/config /etc/rancher/k3s/k3s.yaml /etc/rancher/rke2/rke2.yaml \
  /var/lib/k0s/pki/admin.conf /var/lib/k0s/kubelet.conf; do
  kubeconfig "$path"
done
for product in k3s rke2; do
  folder=/var/lib/rancher/$product
  for path in $(each "$folder/server/cred" '*.kubeconfig') "$folder/agent/kubelet.kubeconfig" \
    "$folder/agent/kubeproxy.kubeconfig" "$folder/agent/${product}controller.kubeconfig"; do
    kubeconfig "$path"
  done
  about etcd-data "$folder/server/db/etcd"
  for path in "$folder/server/token" "$folder/server/node-token" "$folder/server/agent-token" \
    "$folder/server/cred/encryption-config.json"; do
    about key "$path"
  done
  for path in client-ca server-ca client-kubelet serving-kubelet client-kube-proxy \
    "client-$product-controller"; do
    certified "$folder/agent/$path.crt"
    about key "$folder/agent/$path.key"
  done
  if [ -d "$ROOT$folder/agent/etc/kubelet.conf.d" ]; then
    dropins "$folder/agent/etc/kubelet.conf.d"
  fi
done
for path in /var/lib/kubelet/config.yaml /var/lib/kubelet/config.json \
  /etc/kubernetes/kubelet/kubelet-config.json /etc/kubernetes/kubelet/config.json \
  /etc/kubernetes/kubelet-config.yaml; do
  shown kubelet-config "$path"
done
for path in /etc/systemd/system/kubelet.service /lib/systemd/system/kubelet.service \
  /usr/lib/systemd/system/kubelet.service $(each /etc/systemd/system/kubelet.service.d '*.conf') \
  $(each /usr/lib/systemd/system/kubelet.service.d '*.conf'); do
  about kubelet-service "$path"
done
for path in $(each /etc/cni/net.d '*') $(each /var/lib/cni/networks '*' | sed -n 1,50p); do
  about cni "$path"
done
for folder in /etc/kubernetes/pki /etc/kubernetes/ssl /var/lib/kubelet/pki /var/lib/k0s/pki \
  /var/lib/rancher/k3s/server/tls /var/lib/rancher/rke2/server/tls; do
  about pki "$folder"
  for path in $(each "$folder" '*.crt') $(each "$folder" '*.pem'); do
    certified "$path"
  done
  for path in $(each "$folder" '*.key'); do
    about key "$path"
  done
done
for product in k3s rke2; do
  shown rancher-config "/etc/rancher/$product/config.yaml"
  each "/etc/rancher/$product/config.yaml.d" '*.yaml' | while read -r path; do
    shown rancher-config "$path"
  done
done
echo "end"
