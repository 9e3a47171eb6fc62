{{/* Not empty where a Job can count the retries of each index by itself. */}}
{{- define "infer-focus.retriesPerIndex" -}}
{{- if semverCompare ">=1.29-0" .Capabilities.KubeVersion.Version }}yes{{ end -}}
{{- end -}}

{{/* The Job without its name and what may be changed while it runs. */}}
{{- define "infer-focus.backfillFixed" -}}
{{- $args := list "backfill" "--start" .Values.backfill.start "--end" .Values.backfill.end -}}
{{- range $flag, $given := dict
  "--missing-only" .Values.backfill.missingOnly
  "--accept-gaps" .Values.backfill.acceptGaps
  "--force" .Values.backfill.force
  "--restate" .Values.backfill.restate
  "--replace-layout" .Values.backfill.replaceLayout
-}}
{{- if $given }}{{ $args = append $args $flag }}{{ end -}}
{{- end -}}
# Kubernetes gives each pod its number, JOB_COMPLETION_INDEX.
completionMode: Indexed
completions: {{ int64 .Values.backfill.completions }}
{{- if include "infer-focus.retriesPerIndex" . }}
backoffLimitPerIndex: {{ int64 .Values.backfill.backoffLimitPerIndex }}
{{- end }}
{{ include "infer-focus.podFailurePolicy" . }}
template:
  metadata:
    {{- include "infer-focus.podMetadata" (dict "root" . "component" "backfill") | nindent 4 }}
  spec:
    {{- include "infer-focus.podSpec" (dict "root" . "args" $args "env" (dict "JOB_COMPLETIONS" .Values.backfill.completions)) | nindent 4 }}
{{- end -}}

{{/* The pods of an Indexed Job are called {name}-{index}: a host name, of at most 63 characters. */}}
{{- define "infer-focus.backfillName" -}}
{{- $fullname := include "infer-focus.fullname" . -}}
{{- $hash := printf "%s%s" $fullname (include "infer-focus.backfillFixed" .) | sha256sum | trunc 8 -}}
{{- printf "%s-backfill-%s" (trunc 34 $fullname | replace "." "-" | trimSuffix "-") $hash -}}
{{- end -}}
