{{- define "gonfalon.name" -}}
{{- if contains "gonfalon" .Release.Name }}{{ .Release.Name }}{{ else }}{{ printf "%s-gonfalon" .Release.Name }}{{ end }}
{{- end }}

{{- define "gonfalon.selector" -}}
app.kubernetes.io/name: gonfalon
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "gonfalon.labels" -}}
{{ include "gonfalon.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{- /* What is wrong with the values together; values.schema.json says what is wrong with each. */}}
{{- define "gonfalon.check" -}}
{{- if and (gt (int .Values.replicas) 1) (not .Values.etcd.endpoints) }}
{{- fail (printf "replicas is %v, but there is no etcd.endpoints: several replicas share an etcd cluster, and the etcd inside serves one replica alone. Set etcd.endpoints, or replicas to 1." .Values.replicas) }}
{{- end }}
{{- if and .Values.storage.existingClaim .Values.etcd.endpoints }}
{{- fail "storage.existingClaim and etcd.endpoints are both set: with an etcd cluster nothing is stored in a volume. Set one of them." }}
{{- end }}
{{- if and (not .Values.etcd.endpoints) (or .Values.etcd.prefix .Values.etcd.caSecret .Values.etcd.certSecret .Values.etcd.username .Values.etcd.passwordSecret) }}
{{- fail "etcd says how to reach a cluster, but etcd.endpoints doesn't say where it is." }}
{{- end }}
{{- if ne (empty .Values.etcd.username) (empty .Values.etcd.passwordSecret) }}
{{- fail "etcd.username and etcd.passwordSecret go together: set both or neither." }}
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) }}
{{- fail "ingress.enabled needs ingress.host, such as flags.example.com." }}
{{- end }}
{{- end }}
