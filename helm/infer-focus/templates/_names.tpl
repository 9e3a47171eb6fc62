{{/* A name of at most `max` characters (10 or more); one that is longer ends with a part of its hash,
so that two long names that begin alike stay two. Takes name and max. */}}
{{- define "infer-focus.cut" -}}
{{- if gt (len .name) (int .max) -}}
{{- printf "%s-%s" (trunc (int (sub .max 9)) .name | regexFind "^.*[^.-]") (sha256sum .name | trunc 8) -}}
{{- else -}}
{{- .name -}}
{{- end -}}
{{- end -}}

{{- define "infer-focus.name" -}}
{{- include "infer-focus.cut" (dict "name" (default .Chart.Name .Values.nameOverride) "max" 52) -}}
{{- end -}}

{{/* The CronJob's name, which every other name begins with: Kubernetes allows 52 characters. */}}
{{- define "infer-focus.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $fullname := .Values.fullnameOverride -}}
{{- if not $fullname -}}
{{- $fullname = ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- end -}}
{{- include "infer-focus.cut" (dict "name" $fullname "max" 52) -}}
{{- end -}}

{{/* Another CronJob's. */}}
{{- define "infer-focus.reportName" -}}
{{- include "infer-focus.cut" (dict "name" (include "infer-focus.fullname" .) "max" 45) -}}-report
{{- end -}}

{{- define "infer-focus.serviceAccountName" -}}
{{- $made := ternary (include "infer-focus.fullname" .) "default" .Values.serviceAccount.create -}}
{{- default $made .Values.serviceAccount.name -}}
{{- end -}}

{{- define "infer-focus.configMapName" -}}
{{- default (printf "%s-config" (include "infer-focus.fullname" .)) .Values.config.existingConfigMap -}}
{{- end -}}

{{- define "infer-focus.secretName" -}}
{{- include "infer-focus.cut" (dict "name" (include "infer-focus.fullname" .) "max" 51) -}}-credentials
{{- end -}}

{{- define "infer-focus.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* What a pod of this release is known by, whatever it does. */}}
{{- define "infer-focus.selectorLabels" -}}
app.kubernetes.io/name: {{ include "infer-focus.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "infer-focus.labels" -}}
{{ include "infer-focus.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* `key: value` of a whole number, also of 0; nothing for null. Takes key and value. */}}
{{- define "infer-focus.number" -}}
{{- if not (kindIs "invalid" .value) -}}
{{ .key }}: {{ int64 .value }}
{{- end -}}
{{- end -}}
