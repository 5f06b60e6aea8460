{{/* NetworkPolicy peers and rules, each as one line of YAML. */}}

{{/* Pods of components of this release. Input: (list $ COMPONENT...). */}}
{{- define "emberlake.peer.release" -}}
{{- $root := first . -}}
{podSelector: {matchLabels: {app.kubernetes.io/name: emberlake, app.kubernetes.io/instance: {{ $root.Release.Name }}}, matchExpressions: [{key: app.kubernetes.io/component, operator: In, values: {{ toJson (rest .) }}}]}, namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: {{ $root.Release.Namespace }}}}}
{{- end -}}

{{/* Pods of jobs by their roles, in every job namespace. Input: (list $ ROLE...). */}}
{{- define "emberlake.peer.jobs" -}}
{{- $root := first . -}}
{podSelector: {{ include "emberlake.roles" (rest .) }}, namespaceSelector: {{ if $root.Values.jobNamespaces }}{matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: {{ toJson $root.Values.jobNamespaces }}}]}{{ else }}{}{{ end }}}
{{- end -}}

{{/* A selector of roles. Input: a list of them. */}}
{{- define "emberlake.roles" -}}
{matchExpressions: [{key: emberlake.dev/role, operator: In, values: {{ toJson . }}}]}
{{- end -}}

{{/* Ports as a list. Input: a list of numbers, or of FIRST-LAST. */}}
{{- define "emberlake.ports" -}}
{{- $found := list -}}
{{- range . -}}
{{- $parts := splitList "-" (toString .) -}}
{{- $port := dict "port" (atoi (first $parts)) "protocol" "TCP" -}}
{{- if gt (len $parts) 1 -}}{{- $_ := set $port "endPort" (atoi (last $parts)) -}}{{- end -}}
{{- $found = append $found $port -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{/* Egress to an endpoint outside: its addresses and ports. Input: {cidrs, ports}. */}}
{{- define "emberlake.egress.outside" -}}
{{- $peers := list -}}
{{- range .cidrs -}}{{- $peers = append $peers (dict "ipBlock" (dict "cidr" .)) -}}{{- end -}}
- {to: {{ toJson $peers }}, ports: {{ include "emberlake.ports" .ports }}}
{{- end -}}

{{/* Egress that every pod needs: names. */}}
{{- define "emberlake.egress.dns" -}}
- {to: {{ toJson .Values.networkPolicy.dns }}, ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}
{{- end -}}

{{- define "emberlake.egress.api" -}}
{{ include "emberlake.egress.outside" .Values.networkPolicy.apiServer }}
{{- end -}}

{{/* Egress to the S3 service: the development pod, or the one outside. */}}
{{- define "emberlake.egress.s3" -}}
{{- if .Values.s3.development.enabled -}}
- {to: [{{ include "emberlake.peer.release" (list . "s3") }}], ports: {{ include "emberlake.ports" (list 7070) }}}
{{- else -}}
{{ include "emberlake.egress.outside" .Values.networkPolicy.s3 }}
{{- end -}}
{{- end -}}

{{- define "emberlake.egress.metastore" -}}
{{- if .Values.metastore.enabled -}}
- {to: [{{ include "emberlake.peer.release" (list . "metastore") }}], ports: {{ include "emberlake.ports" (list 9083) }}}
{{- else -}}
{{ include "emberlake.egress.outside" .Values.networkPolicy.metastore }}
{{- end -}}
{{- end -}}

{{- define "emberlake.egress.database" -}}
{{- if .Values.postgresql.development.enabled -}}
- {to: [{{ include "emberlake.peer.release" (list . "postgresql") }}], ports: {{ include "emberlake.ports" (list 5432) }}}
{{- else -}}
{{ include "emberlake.egress.outside" (dict "cidrs" .Values.networkPolicy.database.cidrs "ports" (list .Values.metastore.database.port)) }}
{{- end -}}
{{- end -}}

{{/* What the administrator adds for pods that read and write S3. */}}
{{- define "emberlake.egress.extra" -}}
{{- with .Values.networkPolicy.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Head of a policy of this release. Input: (list $ COMPONENT). */}}
{{- define "emberlake.releasePolicy" }}
{{- $root := index . 0 }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "emberlake.fullname" $root }}-{{ index . 1 }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "emberlake.labels" (list $root (index . 1)) | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "emberlake.selectorLabels" (list $root (index . 1)) | nindent 6 }}
  policyTypes: [Ingress, Egress]
{{- end }}

{{/* Head of a policy of a job namespace. Input: (list $ NAMESPACE NAME SELECTOR). */}}
{{- define "emberlake.jobPolicy" }}
{{- $root := index . 0 }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "emberlake.fullname" $root }}-{{ index . 2 }}
  namespace: {{ index . 1 }}
  labels:
    {{- include "emberlake.labels" (list $root "network") | nindent 4 }}
spec:
  podSelector: {{ index . 3 }}
  policyTypes: [Ingress, Egress]
{{- end }}
