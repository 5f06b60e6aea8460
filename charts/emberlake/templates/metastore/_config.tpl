{{/*
Files of the metastore's configuration ConfigMap. Hadoop resolves ${env.NAME} when a value is read, so
the password exists only in the environment of the container.
*/}}
{{- define "emberlake.metastoreConfig" -}}
{{- $db := include "emberlake.database" . | fromYaml -}}
{{- $s3 := include "emberlake.s3" . | fromYaml -}}
hive-site.xml: |
  <configuration>
    <property><name>javax.jdo.option.ConnectionURL</name><value>jdbc:postgresql://{{ $db.host }}:{{ $db.port }}/{{ $db.name }}{{ with $db.options }}?{{ . | replace "&" "&amp;" }}{{ end }}</value></property>
    <property><name>javax.jdo.option.ConnectionDriverName</name><value>org.postgresql.Driver</value></property>
    <property><name>javax.jdo.option.ConnectionUserName</name><value>${env.METASTORE_DB_USER}</value></property>
    <property><name>javax.jdo.option.ConnectionPassword</name><value>${env.METASTORE_DB_PASSWORD}</value></property>
    <property><name>datanucleus.connectionPoolingType</name><value>HikariCP</value></property>
    <property><name>datanucleus.connectionPool.maxPoolSize</name><value>10</value></property>
    <property><name>datanucleus.schema.autoCreateAll</name><value>false</value></property>
    <property><name>hive.metastore.schema.verification</name><value>true</value></property>
    <property><name>hive.metastore.port</name><value>9083</value></property>
    <property><name>metastore.thrift.port</name><value>9083</value></property>
    <property><name>hive.metastore.warehouse.dir</name><value>{{ .Values.metastore.warehouse }}</value></property>
    <property><name>hive.metastore.warehouse.external.dir</name><value>{{ .Values.metastore.warehouse }}</value></property>
    <property><name>hive.metastore.uris</name><value></value></property>
    <property><name>hive.metastore.server.min.threads</name><value>8</value></property>
    <property><name>hive.metastore.server.max.threads</name><value>200</value></property>
    <property><name>hive.metastore.disallow.incompatible.col.type.changes</name><value>false</value></property>
    <property><name>hive.metastore.event.db.notification.api.auth</name><value>false</value></property>
    <property><name>metastore.metastore.event.db.notification.api.auth</name><value>false</value></property>
    <property><name>hive.metastore.fastpath</name><value>false</value></property>
    <!-- These classes avoid a dependency on hive-exec. The second takes away the locks of writers that were killed, which otherwise keep a table closed for ever. -->
    <property><name>metastore.task.threads.always</name><value>org.apache.hadoop.hive.metastore.events.EventCleanerTask,org.apache.hadoop.hive.metastore.txn.AcidHouseKeeperService</value></property>
    <property><name>hive.txn.timeout</name><value>300s</value></property>
    <property><name>hive.timedout.txn.reaper.interval</name><value>60s</value></property>
    <property><name>metastore.expression.proxy</name><value>org.apache.hadoop.hive.metastore.DefaultPartitionExpressionProxy</value></property>
    <property><name>hive.txn.manager</name><value>org.apache.hadoop.hive.ql.lockmgr.DummyTxnManager</value></property>
    <property><name>hive.async.log.enabled</name><value>false</value></property>
  </configuration>
core-site.xml: |
  <configuration>
    {{- with $s3.endpoint }}
    <property><name>fs.s3a.endpoint</name><value>{{ . }}</value></property>
    <property><name>fs.s3a.connection.ssl.enabled</name><value>{{ not (hasPrefix "http://" .) }}</value></property>
    {{- end }}
    <property><name>fs.s3a.endpoint.region</name><value>{{ $s3.region }}</value></property>
    <property><name>fs.s3a.path.style.access</name><value>{{ $s3.pathStyle }}</value></property>
    <property><name>fs.s3a.aws.credentials.provider</name><value>software.amazon.awssdk.auth.credentials.{{ ternary "EnvironmentVariable" "Default" (not (empty $s3.secret)) }}CredentialsProvider</value></property>
    <property><name>fs.s3.impl</name><value>org.apache.hadoop.fs.s3a.S3AFileSystem</value></property>
    <property><name>fs.AbstractFileSystem.s3.impl</name><value>org.apache.hadoop.fs.s3a.S3A</value></property>
  </configuration>
log4j2.properties: |
  status = WARN
  appender.console.type = Console
  appender.console.name = console
  appender.console.layout.type = PatternLayout
  appender.console.layout.pattern = %d{ISO8601} %5p [%t] %c{2}: %m%n
  # Every connection ends with this line, and every probe is a connection.
  appender.console.filter.probe.type = RegexFilter
  appender.console.filter.probe.regex = .*Done cleaning up thread local RawStore.*
  appender.console.filter.probe.onMatch = DENY
  appender.console.filter.probe.onMismatch = NEUTRAL
  rootLogger.level = WARN
  rootLogger.appenderRef.stdout.ref = console
  logger.hms.name = org.apache.hadoop.hive.metastore
  logger.hms.level = INFO
{{- end -}}

{{/* Environment of the metastore and its schema Job; secrets come by reference only. */}}
{{- define "emberlake.metastoreEnv" -}}
{{- $db := include "emberlake.database" . | fromYaml -}}
{{- $s3 := include "emberlake.s3" . | fromYaml -}}
- name: METASTORE_DB_HOST
  value: {{ $db.host | quote }}
- name: METASTORE_DB_PORT
  value: {{ $db.port | quote }}
- name: METASTORE_DB_USER
  valueFrom: {secretKeyRef: {name: {{ $db.secret }}, key: {{ $db.userKey }}}}
- name: METASTORE_DB_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ $db.secret }}, key: {{ $db.passwordKey }}}}
{{- with $s3.secret }}
- name: AWS_ACCESS_KEY_ID
  valueFrom: {secretKeyRef: {name: {{ . }}, key: AWS_ACCESS_KEY_ID}}
- name: AWS_SECRET_ACCESS_KEY
  valueFrom: {secretKeyRef: {name: {{ . }}, key: AWS_SECRET_ACCESS_KEY}}
{{- end }}
{{- end -}}

{{/* Container fields the schema Job and the Deployment share. */}}
{{- define "emberlake.metastoreContainer" -}}
image: {{ include "emberlake.image" (list . "hiveMetastore") }}
imagePullPolicy: {{ .Values.images.pullPolicy }}
env:
  {{- include "emberlake.metastoreEnv" . | nindent 2 }}
  - {name: METASTORE_HEAP_PERCENT, value: {{ .Values.metastore.heapPercent | quote }}}
securityContext:
  {{- include "emberlake.containerSecurity" . | nindent 2 }}
volumeMounts:
  - {name: config, mountPath: /etc/hive-metastore, readOnly: true}
  - {name: tmp, mountPath: /tmp}
{{- end -}}

{{- define "emberlake.metastoreVolumes" -}}
- name: config
  configMap: {name: {{ include "emberlake.fullname" . }}-metastore}
- name: tmp
  emptyDir: {sizeLimit: 256Mi}
{{- end -}}
