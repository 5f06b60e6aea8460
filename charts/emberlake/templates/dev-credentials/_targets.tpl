{{/* Secrets the development pods need, as a YAML list of {namespace, name, kind}. */}}
{{- define "emberlake.devSecrets" -}}
{{- $fullname := include "emberlake.fullname" . -}}
{{- if .Values.postgresql.development.enabled }}
- {namespace: {{ .Release.Namespace }}, name: {{ $fullname }}-postgresql, kind: postgresql}
{{- end }}
{{- if .Values.s3.development.enabled }}
- {namespace: {{ .Release.Namespace }}, name: {{ $fullname }}-s3, kind: s3}
{{- range .Values.jobNamespaces }}
- {namespace: {{ . }}, name: {{ $.Values.s3.development.jobSecretName }}, kind: s3}
{{- end }}
{{- end }}
{{- end -}}
