{{/* millrace.yaml and what refuses to be installed. */}}

{{/* The number of a quantity such as 2Gi, 1500M or 1e9. */}}
{{- define "millrace.bytes" -}}
{{- $unit := regexFind "[A-Za-z]+$" . -}}
{{- $factors := dict "" 1.0 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 -}}
{{- mulf (trimSuffix $unit . | float64) (get $factors $unit) | printf "%.0f" -}}
{{- end -}}

{{- define "millrace.processMiB" -}}
{{- with .Values.taskmanager -}}
{{- $bytes := include "millrace.bytes" (toString .resources.limits.memory) | float64 -}}
{{- floor (divf (mulf $bytes .memoryFraction) 1048576.0) | int64 -}}
{{- end -}}
{{- end -}}

{{/* The keys that other values decide, and each one's value. */}}
{{- define "millrace.derivedConfig" -}}
jobmanager.rpc.address: {{ include "millrace.host" (list . (include "millrace.jobmanager" .)) }}
jobmanager.rpc.port: {{ .Values.ports.rpc }}
jobmanager.bind-host: 0.0.0.0
rest.port: {{ .Values.ports.rest }}
rest.bind-address: 0.0.0.0
high-availability.cluster-id: {{ .Release.Namespace }}-{{ include "millrace.fullname" . }}
high-availability.storageDir: /var/lib/millrace/ha
execution.checkpointing.dir: {{ .Values.checkpoints.mountPath }}
execution.checkpointing.savepoint-dir: {{ .Values.checkpoints.mountPath }}/savepoints
millrace.data-dir: /var/lib/millrace/data
metrics.reporter.prom.port: {{ .Values.ports.metrics }}
taskmanager.bind-host: 0.0.0.0
taskmanager.data.port: {{ .Values.ports.data }}
taskmanager.numberOfTaskSlots: {{ .Values.taskmanager.slots }}
taskmanager.memory.process.size: {{ include "millrace.processMiB" . }}m
{{- end -}}

{{/* The text of millrace.yaml, sorted by key, so that only a change of its
meaning changes its checksum. */}}
{{- define "millrace.config" -}}
{{- range $key, $value := merge (dict) (include "millrace.derivedConfig" . | fromYaml) .Values.config }}
{{ $key }}: {{ $value | toJson }}
{{- end }}
{{- end -}}

{{/* Fails where a value of `config` would contradict another value. */}}
{{- define "millrace.checkConfig" -}}
{{- $instead := dict
    "jobmanager.rpc.port" "ports.rpc"
    "rest.port" "ports.rest"
    "taskmanager.data.port" "ports.data"
    "metrics.reporter.prom.port" "ports.metrics"
    "execution.checkpointing.dir" "checkpoints"
    "execution.checkpointing.savepoint-dir" "checkpoints"
    "state.checkpoints.dir" "checkpoints"
    "state.savepoints.dir" "checkpoints"
    "taskmanager.numberOfTaskSlots" "taskmanager.slots"
    "taskmanager.memory.process.size" "taskmanager.resources.limits.memory" -}}
{{- $own := list "taskmanager.host" "taskmanager.resource-id" "pipeline.name" -}}
{{- $derived := include "millrace.derivedConfig" . | fromYaml -}}
{{- range $key, $_ := .Values.config -}}
{{- with get $instead $key -}}
{{- fail (printf "config: %s follows from other values: set %s instead" $key .) -}}
{{- end -}}
{{- if or (hasKey $derived $key) (has $key $own) -}}
{{- fail (printf "config: %s is decided by the chart: take it out" $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "millrace.checkCheckpoints" -}}
{{- with .Values.checkpoints -}}
{{- $chosen := list -}}
{{- if .existingClaim -}}{{- $chosen = append $chosen "existingClaim" -}}{{- end -}}
{{- if .newClaim -}}{{- $chosen = append $chosen "newClaim" -}}{{- end -}}
{{- if .hostPath -}}{{- $chosen = append $chosen "hostPath" -}}{{- end -}}
{{- if not $chosen -}}
{{- fail "checkpoints: every pod must see one folder of checkpoints: set one of checkpoints.existingClaim, checkpoints.newClaim and checkpoints.hostPath" -}}
{{- else if gt (len $chosen) 1 -}}
{{- fail (printf "checkpoints: %s exclude each other: keep one" (join " and " $chosen)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The parallelism of a job: (list $ JOB). */}}
{{- define "millrace.parallelism" -}}
{{- $common := default 1 (get (index . 0).Values.config "parallelism.default") -}}
{{- default $common (index . 1).parallelism -}}
{{- end -}}

{{- define "millrace.checkJobs" -}}
{{- $needed := 0 -}}
{{- range $name, $job := .Values.jobs -}}
{{- $needed = add $needed (include "millrace.parallelism" (list $ $job) | int) -}}
{{- $object := printf "%s-job-%s" (include "millrace.fullname" $) $name -}}
{{- if gt (len $object) 63 -}}
{{- fail (printf "jobs.%s: the name %s has %d characters, 63 are allowed: shorten it, or set fullnameOverride" $name $object (len $object)) -}}
{{- end -}}
{{- if regexMatch "(?i)set\\s+'pipeline\\.name'" $job.sql -}}
{{- fail (printf "jobs.%s: its script sets pipeline.name, which the chart sets to %s: take the line out, or rename the entry" $name $name) -}}
{{- end -}}
{{- end -}}
{{- $slots := mul .Values.taskmanager.replicas .Values.taskmanager.slots -}}
{{- if gt (int $needed) (int $slots) -}}
{{- fail (printf "jobs: together they need %d slots, and %d TaskManagers with %d slots each have %d: raise taskmanager.replicas or taskmanager.slots" (int $needed) (int .Values.taskmanager.replicas) (int .Values.taskmanager.slots) (int $slots)) -}}
{{- end -}}
{{- end -}}

{{- define "millrace.check" -}}
{{- if not .Values.security.insecure -}}
{{- fail "security.insecure: this version has neither TLS nor tokens: whoever reaches its ports can run and cancel jobs and read their data. Where the network is trusted, say so with --set security.insecure=true" -}}
{{- end -}}
{{- include "millrace.checkCheckpoints" . -}}
{{- include "millrace.checkConfig" . -}}
{{- include "millrace.checkJobs" . -}}
{{- end -}}
