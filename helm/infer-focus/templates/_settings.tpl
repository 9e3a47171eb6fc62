{{/* The settings of the program, by variable. Credentials are in _credentials.tpl. */}}
{{- define "infer-focus.settings" -}}
{{- $prometheus := .Values.prometheus -}}
{{- $collection := .Values.collection -}}
{{- $focus := .Values.focus -}}
{{- $s3 := .Values.s3 -}}
{{- dict
  "CONFIG_PATH" "/etc/infer-focus"
  "CLUSTER_NAME" .Values.clusterName
  "PROMETHEUS_URL" $prometheus.url
  "PROMETHEUS_TENANT" $prometheus.tenant
  "PROMETHEUS_USERNAME" $prometheus.auth.username
  "PROMETHEUS_SIGV4_REGION" $prometheus.auth.sigv4Region
  "PROMETHEUS_ALLOW_PLAINTEXT_AUTH" $prometheus.auth.allowPlaintext
  "PROMETHEUS_TLS_VERIFY" $prometheus.tls.verify
  "PROMETHEUS_TIMEOUT_SECONDS" $prometheus.timeoutSeconds
  "PROMETHEUS_CONCURRENCY" $prometheus.concurrency
  "PROMETHEUS_MAX_RETRIES" $prometheus.maxRetries
  "PROMETHEUS_MAX_ANSWER_MIB" $prometheus.maxAnswerMiB
  "COLLECTION_CLUSTER_LABEL" $collection.clusterLabel
  "COLLECTION_LOOKBACK_HOURS" $collection.lookbackHours
  "COLLECTION_GRANULARITY" $collection.granularity
  "COLLECTION_SETTLE_MINUTES" $collection.settleMinutes
  "COLLECTION_INCLUDE_NAMESPACES" $collection.includeNamespaces
  "COLLECTION_EXCLUDE_NAMESPACES" $collection.excludeNamespaces
  "COLLECTION_INCLUDE_CLUSTERS" $collection.includeClusters
  "COLLECTION_EXCLUDE_CLUSTERS" $collection.excludeClusters
  "COLLECTION_ENGINES" $collection.engines
  "COLLECTION_ROW_GRAIN" $collection.rowGrain
  "COST_IDLE" .Values.cost.idle
  "FOCUS_VERSION" $focus.version
  "FOCUS_EXTENSION_PREFIX" $focus.extensionPrefix
  "FOCUS_BILLING_CURRENCY" $focus.billingCurrency
  "FOCUS_USD_RATE" $focus.usdRate
  "FOCUS_SERVICE_PROVIDER_NAME" $focus.serviceProviderName
  "FOCUS_HOST_PROVIDER_NAME" $focus.hostProviderName
  "FOCUS_INVOICE_ISSUER_NAME" $focus.invoiceIssuerName
  "FOCUS_PUBLISHER_NAME" $focus.publisherName
  "FOCUS_BILLED_COST" $focus.billedCost
  "FOCUS_BILLING_ACCOUNT_ID" $focus.billingAccountId
  "FOCUS_BILLING_ACCOUNT_NAME" $focus.billingAccountName
  "FOCUS_REGION_ID" $focus.regionId
  "FOCUS_REGION_NAME" $focus.regionName
  "FOCUS_AVAILABILITY_ZONE" $focus.availabilityZone
  "FOCUS_TAG_ALLOWLIST" $focus.tagAllowlist
  "FOCUS_SUB_ACCOUNT_LABEL" $focus.subAccountLabel
  "FOCUS_SPLIT_ALLOCATION" $focus.splitAllocation
  "S3_BUCKET" $s3.bucket
  "S3_REGION" $s3.region
  "S3_PREFIX" $s3.prefix
  "S3_FORMAT" $s3.format
  "S3_ENDPOINT_URL" $s3.endpointUrl
  "S3_KMS_KEY_ID" $s3.kmsKeyId
  "S3_STORAGE_CLASS" $s3.storageClass
  "S3_ADDRESSING_STYLE" $s3.addressingStyle
  "OUTPUT_DIR" (ternary "" "/var/lib/infer-focus" (empty .Values.outputDir.existingClaim))
  "PARQUET_COMPRESSION" .Values.parquet.compression
  "TERNARY_ENABLED" .Values.ternary.enabled
  "TERNARY_PATH_PREFIX" .Values.ternary.pathPrefix
  "JOB_BACKFILL_DAYS" .Values.job.backfillDays
  "LOG_LEVEL" .Values.log.level
  "LOG_FORMAT" .Values.log.format
| toJson -}}
{{- end -}}

{{/* A value as the text of a variable; empty for one that is not set. 0 and false are values. */}}
{{- define "infer-focus.text" -}}
{{- if kindIs "slice" . -}}
{{- join "," . -}}
{{- else if kindIs "string" . -}}
{{- . -}}
{{- else if not (kindIs "invalid" .) -}}
{{- toJson . -}}
{{- end -}}
{{- end -}}

{{/* The container's variables, as a list, without extraEnv. Kubernetes would take $( for the start of a
reference to another variable. */}}
{{- define "infer-focus.env" -}}
{{- $credentials := fromJson (include "infer-focus.credentials" .) -}}
{{- range $name, $value := merge (fromJson (include "infer-focus.settings" .)) $credentials.env -}}
{{- $text := include "infer-focus.text" $value -}}
{{- if ne $text "" }}
- name: {{ $name }}
  value: {{ $text | replace "$(" "$$(" | quote }}
{{- end }}
{{- end }}
{{- end -}}
