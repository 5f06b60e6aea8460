{{/* Prefix of every object's name. */}}
{{- define "emberlake.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Name of a cluster-scoped object: two installs never share one. */}}
{{- define "emberlake.clusterName" -}}
{{- printf "%s-operator-%s" (include "emberlake.fullname" .) .Release.Namespace -}}
{{- end -}}

{{/* Labels that select the pods of one component. Input: (list $ COMPONENT). */}}
{{- define "emberlake.selectorLabels" -}}
app.kubernetes.io/name: emberlake
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* Labels of every object. Input: (list $ COMPONENT). */}}
{{- define "emberlake.labels" -}}
{{- $root := index . 0 -}}
{{ include "emberlake.selectorLabels" . }}
app.kubernetes.io/part-of: emberlake
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Image reference. Input: (list $ KEY), KEY one of .Values.images. */}}
{{- define "emberlake.image" -}}
{{- $root := index . 0 -}}
{{- $image := index $root.Values.images (index . 1) -}}
{{- with $root.Values.images.registry }}{{ . }}/{{ end -}}
{{- $image.repository -}}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default $root.Chart.AppVersion }}{{ end -}}
{{- end -}}

{{- define "emberlake.pullSecrets" -}}
{{- with .Values.images.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Pod Security `restricted`, pod half. Input: the numeric user id. */}}
{{- define "emberlake.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{/* Pod Security `restricted`, container half. */}}
{{- define "emberlake.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/*
Update strategy that needs no room for another pod on a small node. Input: the replicas. A single one is
recreated: with maxUnavailable 1 a Deployment counts as available without any pod.
*/}}
{{- define "emberlake.strategy" -}}
{{- if gt (int .) 1 -}}
type: RollingUpdate
rollingUpdate: {maxSurge: 0, maxUnavailable: 1}
{{- else -}}
type: Recreate
{{- end -}}
{{- end -}}

{{/* S3 as the metastore sees it: a YAML map endpoint, region, pathStyle, secret. */}}
{{- define "emberlake.s3" -}}
{{- if .Values.s3.development.enabled -}}
endpoint: http://{{ include "emberlake.fullname" . }}-s3.{{ .Release.Namespace }}.svc:7070
region: us-east-1
pathStyle: true
secret: {{ include "emberlake.fullname" . }}-s3
{{- else -}}
endpoint: {{ .Values.s3.endpoint | quote }}
region: {{ .Values.s3.region }}
pathStyle: {{ .Values.s3.pathStyle }}
secret: {{ .Values.s3.existingSecret | quote }}
{{- end -}}
{{- end -}}

{{/* The metastore's database: a YAML map host, port, name, secret, userKey, passwordKey, options. */}}
{{- define "emberlake.database" -}}
{{- $db := .Values.metastore.database -}}
{{- if .Values.postgresql.development.enabled -}}
host: {{ include "emberlake.fullname" . }}-postgresql
port: 5432
name: {{ $db.name }}
secret: {{ include "emberlake.fullname" . }}-postgresql
userKey: username
passwordKey: password
options: ""
{{- else -}}
host: {{ required "metastore.database.host is required when postgresql.development.enabled is false" $db.host }}
port: {{ $db.port }}
name: {{ $db.name }}
secret: {{ required "metastore.database.existingSecret is required when postgresql.development.enabled is false" $db.existingSecret }}
userKey: {{ $db.userKey }}
passwordKey: {{ $db.passwordKey }}
options: {{ $db.options | quote }}
{{- end -}}
{{- end -}}
