{{/* The operator's config.yaml; its shape is emberlake/settings.py. */}}
{{- define "emberlake.operatorConfig" -}}
{{- $images := dict -}}
{{- range $key := list "spark" "sail" "crawler" "trino" -}}
{{- $_ := set $images $key (include "emberlake.image" (list $ $key)) -}}
{{- end -}}
{{- $releases := dict -}}
{{- range $name, $release := .Values.releases -}}
{{- $own := $release.images | default dict -}}
{{- $_ := set $releases $name (merge (dict "images" (merge (deepCopy $own) $images)) (omit $release "images")) -}}
{{- end -}}
{{- if not (hasKey $releases .Values.defaults.release) -}}
{{- fail (printf "defaults.release %q is not a key of releases" .Values.defaults.release) -}}
{{- end -}}
watchNamespaces: {{ toJson .Values.watchNamespaces }}
namespace: {{ .Release.Namespace }}
defaults:
  release: {{ .Values.defaults.release }}
  cpuRequestPerCore: {{ .Values.defaults.cpuRequestPerCore | quote }}
  imagePullPolicy: {{ .Values.images.pullPolicy }}
  imagePullSecrets: {{ toJson .Values.images.pullSecrets }}
  sparkConf: {{ toJson .Values.defaults.sparkConf }}
  storageClassName: {{ .Values.defaults.storageClassName | quote }}
  spot: {{ toJson .Values.defaults.spot }}
releases:
  {{- toYaml $releases | nindent 2 }}
crawler:
  {{- toYaml .Values.crawler | nindent 2 }}
trino:
  {{- toYaml .Values.trino | nindent 2 }}
serviceAccounts:
  {{- range $role, $account := .Values.serviceAccounts }}
  {{ $role }}: {{ $account.name }}
  {{- end }}
{{- end -}}
