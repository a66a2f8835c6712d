{{/* Names and labels. */}}

{{- define "millrace.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 40 characters: a StatefulSet's name and what Kubernetes appends to
it must fit into a label of 63. */}}
{{- define "millrace.fullname" -}}
{{- $name := include "millrace.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "millrace.jobmanager" -}}{{ include "millrace.fullname" . }}-jobmanager{{- end -}}
{{- define "millrace.taskmanager" -}}{{ include "millrace.fullname" . }}-taskmanager{{- end -}}

{{- define "millrace.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "millrace.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end -}}
{{- end -}}

{{- define "millrace.checkpointsClaim" -}}
{{ default (printf "%s-checkpoints" (include "millrace.fullname" .)) .Values.checkpoints.existingClaim }}
{{- end -}}

{{/* The host of a service of this release: (list $ NAME). */}}
{{- define "millrace.host" -}}
{{- $ := index . 0 -}}
{{ index . 1 }}.{{ $.Release.Namespace }}.svc.{{ $.Values.clusterDomain }}
{{- end -}}

{{- define "millrace.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What selects the pods of this release. */}}
{{- define "millrace.selector" -}}
app.kubernetes.io/name: {{ include "millrace.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* The metadata of an object: (list $ NAME COMPONENT), and behind them, if there
are any, ANNOTATIONS and LABELS; COMPONENT may be "". */}}
{{- define "millrace.metadata" -}}
{{- $ := index . 0 -}}
{{- $annotations := dict -}}{{- if gt (len .) 3 -}}{{- $annotations = index . 3 -}}{{- end -}}
{{- $labels := dict -}}{{- if gt (len .) 4 -}}{{- $labels = index . 4 -}}{{- end -}}
name: {{ index . 1 | quote }}
namespace: {{ $.Release.Namespace | quote }}
labels:
  helm.sh/chart: {{ $.Chart.Name }}-{{ $.Chart.Version | replace "+" "_" }}
  {{- include "millrace.selector" $ | nindent 2 }}
  {{- with index . 2 }}
  app.kubernetes.io/component: {{ . }}
  {{- end }}
  app.kubernetes.io/version: {{ $.Chart.AppVersion | quote }}
  app.kubernetes.io/managed-by: {{ $.Release.Service }}
  {{- with merge (dict) $labels $.Values.commonLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (dict) $annotations $.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
