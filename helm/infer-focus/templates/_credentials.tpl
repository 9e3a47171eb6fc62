{{/* Secrets reach the program as files: variables would show in every listing of the pod's processes.
What is in the chart's own Secret, by file name. */}}
{{- define "infer-focus.ownSecrets" -}}
{{- $auth := .Values.prometheus.auth -}}
{{- $headers := .Values.prometheus.headers -}}
{{- $found := dict -}}
{{- range $file, $text := dict
  "prometheus-bearer-token" $auth.bearerToken
  "prometheus-password" $auth.password
  "prometheus-headers" (ternary "" (toJson $headers) (empty $headers))
  "s3-access-key-id" .Values.s3.auth.accessKeyId
  "s3-secret-access-key" .Values.s3.auth.secretAccessKey
  "pushgateway-url" .Values.pushgateway.url
-}}
{{- if $text }}{{ $_ := set $found $file $text }}{{ end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{/* What is in Secrets and ConfigMaps that are already there: a list of kind, name, key and file. */}}
{{- define "infer-focus.existingFiles" -}}
{{- $auth := .Values.prometheus.auth -}}
{{- $tls := .Values.prometheus.tls -}}
{{- $s3 := .Values.s3.auth -}}
{{- $pushgateway := .Values.pushgateway -}}
{{- $found := list -}}
{{- range list
  (list "secret" $auth.existingSecret $auth.bearerTokenKey "prometheus-bearer-token")
  (list "secret" $auth.existingSecret $auth.passwordKey "prometheus-password")
  (list "secret" $auth.existingSecret $auth.headersKey "prometheus-headers")
  (list "secret" $tls.ca.existingSecret $tls.ca.key "prometheus-ca.crt")
  (list "configMap" $tls.ca.existingConfigMap $tls.ca.key "prometheus-ca.crt")
  (list "secret" $tls.clientCertSecret "tls.crt" "prometheus-client.crt")
  (list "secret" $tls.clientCertSecret "tls.key" "prometheus-client.key")
  (list "secret" $s3.existingSecret $s3.accessKeyIdKey "s3-access-key-id")
  (list "secret" $s3.existingSecret $s3.secretAccessKeyKey "s3-secret-access-key")
  (list "secret" $pushgateway.existingSecret $pushgateway.urlKey "pushgateway-url")
-}}
{{- if and (index . 1) (index . 2) -}}
{{- $found = append $found (dict "kind" (index . 0) "name" (index . 1) "key" (index . 2) "file" (index . 3)) -}}
{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{/* The sources of the volume with all these files, and the variables that name them. */}}
{{- define "infer-focus.credentials" -}}
{{- $variables := dict
  "prometheus-bearer-token" "PROMETHEUS_BEARER_TOKEN_FILE"
  "prometheus-password" "PROMETHEUS_PASSWORD_FILE"
  "prometheus-headers" "PROMETHEUS_HEADERS_FILE"
  "prometheus-ca.crt" "PROMETHEUS_CA_FILE"
  "prometheus-client.crt" "PROMETHEUS_CLIENT_CERT"
  "prometheus-client.key" "PROMETHEUS_CLIENT_KEY"
  "s3-access-key-id" "S3_ACCESS_KEY_ID_FILE"
  "s3-secret-access-key" "S3_SECRET_ACCESS_KEY_FILE"
  "pushgateway-url" "PUSHGATEWAY_URL_FILE"
-}}
{{- $files := list -}}
{{- $sources := list -}}
{{- with keys (fromJson (include "infer-focus.ownSecrets" .)) -}}
{{- $files = sortAlpha . -}}
{{- $items := list -}}
{{- range $files }}{{ $items = append $items (dict "key" . "path" .) }}{{ end -}}
{{- $sources = list (dict "secret" (dict "name" (include "infer-focus.secretName" $) "items" $items)) -}}
{{- end -}}
{{- range fromJsonArray (include "infer-focus.existingFiles" .) -}}
{{- $files = append $files .file -}}
{{- $items := list (dict "key" .key "path" .file) -}}
{{- $sources = append $sources (dict .kind (dict "name" .name "items" $items)) -}}
{{- end -}}
{{- with .Values.prometheus.auth.serviceAccountToken -}}
{{- if .enabled -}}
{{- $files = append $files "prometheus-bearer-token" -}}
{{- /* Read once, at the start: it must outlive the longest run. */ -}}
{{- $token := dict "path" "prometheus-bearer-token" "expirationSeconds" 86400 -}}
{{- if .audience }}{{ $_ := set $token "audience" .audience }}{{ end -}}
{{- $sources = append $sources (dict "serviceAccountToken" $token) -}}
{{- end -}}
{{- end -}}
{{- $env := dict -}}
{{- range $files }}{{ $_ := set $env (index $variables .) (printf "/var/run/secrets/infer-focus/%s" .) }}{{ end -}}
{{- dict "env" $env "sources" $sources | toJson -}}
{{- end -}}
