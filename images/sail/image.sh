# shellcheck shell=bash disable=SC2034
INPUTS=(operator/emberlake jobs/emberlake_spark)
VERSIONS=()

prepare() {
  # PyPI has no wheel of the client, which is Python alone
  python_packages "$ROOT/images/sail/requirements.txt" "$1/packages" --no-binary pyspark-client || return
  sail_parts_only "$1/packages"
  cp -r "$ROOT/operator/emberlake" "$1/emberlake"
  mkdir "$1/emberlake_spark"
  cp "$ROOT"/jobs/emberlake_spark/{__init__,statements}.py "$1/emberlake_spark/"
  find "$1" -name __pycache__ -prune -exec rm -rf {} +
}

# a quarter of the packages is never loaded: their tests, what C++ is compiled against, other services of AWS
sail_parts_only() {
  find "$1"/{numpy,pandas,pyarrow,pysail} -type d -name tests -prune -exec rm -rf {} +
  rm -rf "$1"/pyarrow/{include,src} "$1"/pysail/{data,docs,examples}
  rm "$1"/pyarrow/{libarrow_flight,_flight}*.so*
  find "$1/pyarrow" -name '*.p[xy][xdi]' -delete
  find "$1/botocore/data" -mindepth 1 -maxdepth 1 -type d ! -name s3 ! -name sts ! -name 'sso*' ! -name signin \
    -exec rm -rf {} +
}
