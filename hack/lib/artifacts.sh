# shellcheck shell=bash
# Artefacts of the images, by the ordinary package clients, into $CACHE/downloads, verified; sourced after tools.sh and uv.sh
DOWNLOADS=$CACHE/downloads

# maven GROUP ARTIFACT VERSION [TYPE [CLASSIFIER]]: the file's path on standard output
maven() {
  local file=$DOWNLOADS/$2-$3${5:+-$5}.${4:-jar}
  [ -e "$file.verified" ] || locked "maven-$2" fetch_maven "$file" "$1:$2:$3${4:+:$4}${5:+:$5}" >&2
  echo "$file"
}

fetch_maven() {
  [ -e "$1.verified" ] && return
  if [ ! -e "$1" ]; then
    ensure_maven
    mkdir -p "$1.part"
    mvn -q -B "org.apache.maven.plugins:maven-dependency-plugin:$MAVEN_DEPENDENCY_PLUGIN_VERSION:copy" \
      -Dartifact="$2" -DoutputDirectory="$1.part" -Dmdep.useBaseVersion=true
    mv "$1.part/$(basename "$1")" "$1"
    rmdir "$1.part"
    # the client keeps a copy of what it fetched; of files of this size one is enough
    [ "$(stat -c %s "$1")" -lt 100000000 ] || rm -rf "$HOME/.m2/repository/$(echo "$2" | awk -F: '{gsub(/\./, "/", $1); print $1 "/" $2 "/" $3}')"
  fi
  verify "$1"
  touch "$1.verified"
}

# the folder of the AWS SDK's jars on standard output
awssdk() {
  local dir=$DOWNLOADS/awssdk-$AWS_SDK_VERSION
  [ -e "$dir/.verified" ] || locked awssdk fetch_awssdk "$dir" >&2
  echo "$dir"
}

fetch_awssdk() {
  local jar
  [ -e "$1/.verified" ] && return
  ensure_maven
  mvn -q -B -f "$ROOT/images/java/awssdk-pom.xml" -Dawssdk.version="$AWS_SDK_VERSION" \
    "org.apache.maven.plugins:maven-dependency-plugin:$MAVEN_DEPENDENCY_PLUGIN_VERSION:copy-dependencies" \
    -DincludeScope=runtime -DoutputDirectory="$1"
  for jar in "$1"/*.jar; do verify "$jar"; done
  touch "$1/.verified"
}

# pypi FILE REQUIREMENT --no-binary|--only-binary: the file's path on standard output
pypi() {
  local file=$DOWNLOADS/$1
  [ -e "$file.verified" ] || locked "pypi-$1" fetch_pypi "$file" "$2" "$3" >&2
  echo "$file"
}

fetch_pypi() {
  [ -e "$1.verified" ] && return
  ensure_uv
  [ -e "$1" ] || "$(dirname "$UV")/pip" download -q --disable-pip-version-check --no-cache-dir --no-deps "$3" :all: \
    -d "$DOWNLOADS" "$2"
  verify "$1"
  touch "$1.verified"
}

# the source distribution (PyPI has no other), which holds the whole of Spark
pyspark() { pypi "pyspark-$SPARK_VERSION.tar.gz" "pyspark==$SPARK_VERSION" --no-binary; }

# runs as it is, without being installed
pip_wheel() { pypi "pip-$PIP_VERSION-py3-none-any.whl" "pip==$PIP_VERSION" --only-binary; }

# python_packages REQUIREMENTS TARGET [OPTION...]: wheels for the images' Python 3.13, unpacked; the hashes stand in REQUIREMENTS
python_packages() {
  ensure_uv
  "$UV" pip install -q --target "$2" --python "$(find_python)" --python-version 3.13 --python-platform x86_64-manylinux_2_28 \
    --no-deps --require-hashes --only-binary :all: --link-mode copy -r "$1" "${@:3}" || return
  find "$2" -name '*.pyc' -delete
}
