{{/* A CronJob. Takes root, name, component, args, schedule, timeZone, startingDeadlineSeconds and
activeDeadlineSeconds. */}}
{{- define "infer-focus.cronJob" -}}
{{- $job := .root.Values.job -}}
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "infer-focus.labels" .root | nindent 4 }}
spec:
  schedule: {{ .schedule | quote }}
  timeZone: {{ .timeZone | quote }}
  suspend: {{ .root.Values.suspend }}
  concurrencyPolicy: Forbid
  {{- include "infer-focus.number" (dict "key" "startingDeadlineSeconds" "value" .startingDeadlineSeconds) | nindent 2 }}
  {{- include "infer-focus.number" (dict "key" "successfulJobsHistoryLimit" "value" $job.successfulJobsHistoryLimit) | nindent 2 }}
  {{- include "infer-focus.number" (dict "key" "failedJobsHistoryLimit" "value" $job.failedJobsHistoryLimit) | nindent 2 }}
  jobTemplate:
    metadata:
      labels:
        {{- include "infer-focus.labels" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
    spec:
      {{- include "infer-focus.number" (dict "key" "activeDeadlineSeconds" "value" .activeDeadlineSeconds) | nindent 6 }}
      {{- include "infer-focus.number" (dict "key" "backoffLimit" "value" $job.backoffLimit) | nindent 6 }}
      {{- include "infer-focus.number" (dict "key" "ttlSecondsAfterFinished" "value" $job.ttlSecondsAfterFinished) | nindent 6 }}
      {{- include "infer-focus.podFailurePolicy" .root | nindent 6 }}
      template:
        metadata:
          {{- include "infer-focus.podMetadata" (dict "root" .root "component" .component) | nindent 10 }}
        spec:
          {{- include "infer-focus.podSpec" (dict "root" .root "args" .args) | nindent 10 }}
{{- end -}}
