{{/* What all pods have in common. */}}

{{/* Labels of a pod: (list $ COMPONENT MAP). */}}
{{- define "millrace.podLabels" -}}
{{- $ := index . 0 -}}
{{- include "millrace.selector" $ }}
app.kubernetes.io/component: {{ index . 1 }}
{{- with merge (dict) (index . 2) $.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The pod's own settings. */}}
{{- define "millrace.pod" -}}
serviceAccountName: {{ include "millrace.serviceAccount" . | quote }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .Values.security.runAsUser | int64 }}
  runAsGroup: {{ .Values.security.runAsGroup | int64 }}
  fsGroup: {{ .Values.security.fsGroup | int64 }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{/* Where a pod goes: (list $ MAP), MAP with nodeSelector and so on. A folder of
a node is the same folder for all pods only on one node. */}}
{{- define "millrace.placement" -}}
{{- $ := index . 0 -}}
{{- with index . 1 }}
{{- $affinity := deepCopy (default (dict) .affinity) -}}
{{- if $.Values.checkpoints.hostPath -}}
{{- $term := dict "topologyKey" "kubernetes.io/hostname" "labelSelector" (dict "matchLabels" (include "millrace.selector" $ | fromYaml)) -}}
{{- $affinity = merge $affinity (dict "podAffinity" (dict "requiredDuringSchedulingIgnoredDuringExecution" (list $term))) -}}
{{- end }}
{{- with $affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* A container's own settings. */}}
{{- define "millrace.container" -}}
image: {{ include "millrace.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- with .Values.extraEnvFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Asked of both managers, at the named port: (list $ PORT). */}}
{{- define "millrace.probes" -}}
{{- $port := index . 1 -}}
{{- with (index . 0).Values.probes -}}
startupProbe:
  httpGet: {path: /healthz, port: {{ $port }}}
  periodSeconds: 1
  timeoutSeconds: {{ .timeoutSeconds }}
  failureThreshold: {{ .startupSeconds }}
livenessProbe:
  httpGet: {path: /healthz, port: {{ $port }}}
  periodSeconds: {{ .periodSeconds }}
  timeoutSeconds: {{ .timeoutSeconds }}
  failureThreshold: {{ .failureThreshold }}
readinessProbe:
  httpGet: {path: /readyz, port: {{ $port }}}
  periodSeconds: {{ .periodSeconds }}
  timeoutSeconds: {{ .timeoutSeconds }}
  failureThreshold: {{ .failureThreshold }}
{{- end -}}
{{- end -}}

{{/* The mounts and volumes that every pod has. */}}
{{- define "millrace.mounts" -}}
- {name: config, mountPath: /etc/millrace, readOnly: true}
- {name: tmp, mountPath: /tmp}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "millrace.volumes" -}}
- name: config
  configMap:
    name: {{ include "millrace.fullname" . }}-config
- name: tmp
  emptyDir:
    sizeLimit: 256Mi
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The volume of checkpoints, which both managers have. */}}
{{- define "millrace.checkpointsVolume" -}}
- name: checkpoints
  {{- if .Values.checkpoints.hostPath }}
  hostPath:
    path: {{ .Values.checkpoints.hostPath | quote }}
    type: Directory
  {{- else }}
  persistentVolumeClaim:
    claimName: {{ include "millrace.checkpointsClaim" . | quote }}
  {{- end }}
{{- end -}}

{{/* A volume claim template: (list NAME MAP), MAP with size and storageClass. */}}
{{- define "millrace.claim" -}}
- metadata:
    name: {{ index . 0 }}
  spec:
    accessModes: [ReadWriteOnce]
    {{- with index . 1 }}
    {{- with .storageClass }}
    storageClassName: {{ . | quote }}
    {{- end }}
    resources:
      requests:
        storage: {{ .size }}
    {{- end }}
{{- end -}}
