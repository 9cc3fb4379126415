{{- /* The pod, which is the same of a Deployment and of a StatefulSet. */}}
{{- define "gonfalon.pod" -}}
metadata:
  labels:
    {{- include "gonfalon.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  annotations:
    {{- if not .Values.serviceMonitor.enabled }}
    prometheus.io/scrape: "true"
    prometheus.io/port: "8080"
    prometheus.io/path: /metrics
    {{- if .Values.tls.secret }}
    prometheus.io/scheme: https
    {{- end }}
    {{- end }}
    {{- with .Values.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 40
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  {{- with .Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "gonfalon.selector" . | nindent 10 }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: gonfalon
      image: {{ printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [serve]
      env:
        {{- include "gonfalon.env" . | nindent 8 }}
      ports:
        - {name: http, containerPort: 8080}
      startupProbe: # a replica that waits for its store is alive: killing it would not help
        httpGet: {path: /healthz, port: http{{ include "gonfalon.scheme" . }}}
        periodSeconds: 1
        failureThreshold: {{ .Values.probes.startupSeconds }}
      readinessProbe:
        httpGet: {path: /readyz, port: http{{ include "gonfalon.scheme" . }}}
        periodSeconds: {{ .Values.probes.readinessPeriodSeconds }}
      livenessProbe:
        httpGet: {path: /healthz, port: http{{ include "gonfalon.scheme" . }}}
        periodSeconds: {{ .Values.probes.livenessPeriodSeconds }}
        failureThreshold: 6
      lifecycle:
        preStop:
          sleep: {seconds: 5} # until no new requests arrive here
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      {{- with include "gonfalon.mounts" . | trim }}
      volumeMounts:
        {{- . | nindent 8 }}
      {{- end }}
  {{- with include "gonfalon.volumes" . | trim }}
  volumes:
    {{- . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "gonfalon.scheme" -}}
{{- if .Values.tls.secret }}, scheme: HTTPS{{ end }}
{{- end }}

{{- define "gonfalon.env" -}}
- name: GONFALON_LISTEN
  value: 0.0.0.0:8080
- name: GONFALON_LOG_FORMAT
  value: json
- name: GONFALON_REPLICA
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
{{- with .Values.goMemoryLimit }}
- name: GOMEMLIMIT
  value: {{ . }}
{{- end }}
{{- with .Values.adminToken }}{{ if .secret }}
- name: GONFALON_ADMIN_TOKEN
  valueFrom: {secretKeyRef: {name: {{ .secret }}, key: {{ .key }}}}
{{- end }}{{ end }}
{{- with .Values.etcd }}
{{- if .endpoints }}
- name: GONFALON_ETCD_ENDPOINTS
  value: {{ join "," .endpoints }}
{{- else }}
- name: GONFALON_DATA_DIR
  value: /data
{{- end }}
{{- with .prefix }}
- name: GONFALON_ETCD_PREFIX
  value: {{ . | quote }}
{{- end }}
{{- if .caSecret }}
- name: GONFALON_ETCD_CA
  value: /etc/gonfalon/etcd-ca/ca.crt
{{- end }}
{{- if .certSecret }}
- name: GONFALON_ETCD_CERT
  value: /etc/gonfalon/etcd-cert/tls.crt
- name: GONFALON_ETCD_KEY
  value: /etc/gonfalon/etcd-cert/tls.key
{{- end }}
{{- if .username }}
- name: GONFALON_ETCD_USERNAME
  value: {{ .username | quote }}
- name: GONFALON_ETCD_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ .passwordSecret }}, key: password}}
{{- end }}
{{- end }}
{{- if .Values.tls.secret }}
- name: GONFALON_TLS_CERT
  value: /etc/gonfalon/tls/tls.crt
- name: GONFALON_TLS_KEY
  value: /etc/gonfalon/tls/tls.key
{{- end }}
{{- range $name, $value := .Values.settings }}
- name: GONFALON_{{ $name | upper | replace "-" "_" }}
  {{- if kindIs "slice" $value }}
  value: {{ join "," $value | quote }}
  {{- else if kindIs "string" $value }}
  value: {{ $value | quote }}
  {{- else }}
  value: {{ toJson $value | quote }} # a number in full, and not as 2e+09
  {{- end }}
{{- end }}
{{- with .Values.env }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "gonfalon.mounts" -}}
{{- if not .Values.etcd.endpoints }}
- {name: data, mountPath: /data}
{{- end }}
{{- if .Values.etcd.caSecret }}
- {name: etcd-ca, mountPath: /etc/gonfalon/etcd-ca, readOnly: true}
{{- end }}
{{- if .Values.etcd.certSecret }}
- {name: etcd-cert, mountPath: /etc/gonfalon/etcd-cert, readOnly: true}
{{- end }}
{{- if .Values.tls.secret }}
- {name: tls, mountPath: /etc/gonfalon/tls, readOnly: true}
{{- end }}
{{- end }}

{{- define "gonfalon.volumes" -}}
{{- with .Values.storage.existingClaim }}
- {name: data, persistentVolumeClaim: {claimName: {{ . }}}}
{{- end }}
{{- with .Values.etcd.caSecret }}
- {name: etcd-ca, secret: {secretName: {{ . }}}}
{{- end }}
{{- with .Values.etcd.certSecret }}
- {name: etcd-cert, secret: {secretName: {{ . }}}}
{{- end }}
{{- with .Values.tls.secret }}
- {name: tls, secret: {secretName: {{ . }}}}
{{- end }}
{{- end }}
