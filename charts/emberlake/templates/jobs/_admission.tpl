{{/*
What drivers may do, in CEL. A driver's ServiceAccount is whoever may "create sparkjobs/executors", a right that
the driver's Role alone gives; which driver asks is in its token, that only the kubelet of its pod has.
*/}}
{{- define "emberlake.driverConditions" -}}
- name: a-service-account-of-the-namespace
  expression: request.userInfo.username.startsWith('system:serviceaccount:' + request.namespace + ':')
- name: that-may-run-executors
  expression: >-
    authorizer.group('emberlake.dev').resource('sparkjobs').subresource('executors')
    .namespace(request.namespace).check('create').allowed()
{{- end -}}

{{- define "emberlake.driverVariables" -}}
- name: extra
  expression: "has(request.userInfo.extra) ? request.userInfo.extra : {}"
- name: podName
  expression: >-
    'authentication.kubernetes.io/pod-name' in variables.extra
    ? variables.extra['authentication.kubernetes.io/pod-name'][0] : ''
- name: podUid
  expression: >-
    'authentication.kubernetes.io/pod-uid' in variables.extra
    ? variables.extra['authentication.kubernetes.io/pod-uid'][0] : ''
- name: labels
  expression: "object != null && has(object.metadata.labels) ? object.metadata.labels : {}"
- name: oldLabels
  expression: "oldObject != null && has(oldObject.metadata.labels) ? oldObject.metadata.labels : {}"
{{- end -}}
