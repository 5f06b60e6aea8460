{{/*
What the operator may do in a namespace it watches: the one table behind the ClusterRole and the Roles.
Secrets are absent on purpose: the operator only names them.
*/}}
{{- define "emberlake.operatorRules" -}}
- apiGroups: [emberlake.dev]
  resources: [catalogs, sparkjobs, crawls, warehouses]
  verbs: [get, list, watch, patch]
- apiGroups: [emberlake.dev]
  resources: [catalogs/status, sparkjobs/status, crawls/status, warehouses/status]
  verbs: [get, patch, update]
# ttlAfterFinished.
- apiGroups: [emberlake.dev]
  resources: [sparkjobs]
  verbs: [delete]
# An ownerReference with blockOwnerDeletion needs it where the API server enforces that.
- apiGroups: [emberlake.dev]
  resources: [catalogs/finalizers, sparkjobs/finalizers, crawls/finalizers, warehouses/finalizers]
  verbs: [update]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, create, delete, patch]
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
- apiGroups: [""]
  resources: [configmaps, services]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, delete, patch]
# Of a SparkJob that asks for them: written and removed, never watched.
- apiGroups: [networking.k8s.io]
  resources: [ingresses]
  verbs: [get, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, create, patch, delete]
- apiGroups: ["", events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}
