{{/* Ends the rendering with a sentence for each value that is missing or contradicts another one. */}}
{{- define "infer-focus.refuseFaults" -}}
{{- $faults := concat
  (fromJsonArray (include "infer-focus.missing" .))
  (fromJsonArray (include "infer-focus.credentialFaults" .))
  (fromJsonArray (include "infer-focus.contradictions" .))
  (fromJsonArray (include "infer-focus.backfillFaults" .))
  (fromJsonArray (include "infer-focus.reportFaults" .))
  (fromJsonArray (include "infer-focus.rulesFaults" .))
-}}
{{- if $faults -}}
{{- printf "\n%s" (join "\n" $faults) | fail -}}
{{- end -}}
{{- end -}}

{{/* Whether a variable is in extraEnv, as `yes`. Takes root and name. */}}
{{- define "infer-focus.inExtraEnv" -}}
{{- $name := .name -}}
{{- range .root.Values.extraEnv }}{{ if eq .name $name }}yes{{ end }}{{ end -}}
{{- end -}}

{{- define "infer-focus.missing" -}}
{{- $v := .Values -}}
{{- $faults := list -}}
{{- $kinds := fromJsonArray (include "infer-focus.kinds" .) -}}
{{- if not $v.image.repository -}}
{{- $faults = append $faults "image.repository is required: set where your image is, such as image.repository=registry.example.com/finops/infer-focus" -}}
{{- end -}}
{{- if not (or $v.clusterName $v.collection.clusterLabel) -}}
{{- $faults = append $faults "clusterName is required: set the name that keys and rows of this cluster carry, such as clusterName=prod-eu (or collection.clusterLabel=cluster to read many clusters from one store)" -}}
{{- end -}}
{{- if not (or $v.prometheus.url (include "infer-focus.inExtraEnv" (dict "root" . "name" "SOURCE_FILE"))) -}}
{{- $faults = append $faults "prometheus.url is required: set the address of Prometheus, such as prometheus.url=http://prometheus-operated.monitoring.svc:9090" -}}
{{- end -}}
{{- if not (or $v.s3.bucket $v.outputDir.existingClaim) -}}
{{- $faults = append $faults "s3.bucket is required: set the bucket that the files go to, such as s3.bucket=finops-focus (or outputDir.existingClaim=focus-files for a volume)" -}}
{{- end -}}
{{- if not (or $v.config.existingConfigMap (has "CostProfile" $kinds)) -}}
{{- $faults = append $faults "config.documents needs a CostProfile: set what each pool of GPUs costs, such as config.documents=[{kind: CostProfile, metadata: {name: h100-pool}, spec: {hardware: {gpuModel: NVIDIA H100 SXM5, gpuCount: 8, purchasePriceUSD: 280000}, electricity: {ratePerKWh: 0.18}, nodeSelector: {gpu-pool: h100}}}] (or config.existingConfigMap=infer-focus-documents)" -}}
{{- end -}}
{{- toJson $faults -}}
{{- end -}}

{{- define "infer-focus.credentialFaults" -}}
{{- $faults := list -}}
{{- with .Values.s3.auth -}}
{{- $hasKeys := or .accessKeyId .secretAccessKey -}}
{{- if and .accessKeyId (not .secretAccessKey) -}}
{{- $faults = append $faults "s3.auth.secretAccessKey is required, since s3.auth.accessKeyId is set" -}}
{{- else if and .secretAccessKey (not .accessKeyId) -}}
{{- $faults = append $faults "s3.auth.accessKeyId is required, since s3.auth.secretAccessKey is set" -}}
{{- end -}}
{{- if and $hasKeys .existingSecret -}}
{{- $faults = append $faults "s3.auth.accessKeyId and s3.auth.existingSecret exclude each other: keep one of them" -}}
{{- end -}}
{{- if and .existingSecret (not (and .accessKeyIdKey .secretAccessKeyKey)) -}}
{{- $faults = append $faults "s3.auth.existingSecret needs the keys in it: set s3.auth.accessKeyIdKey and s3.auth.secretAccessKeyKey" -}}
{{- end -}}
{{- if and .useIRSA (or $hasKeys .existingSecret) -}}
{{- $faults = append $faults "s3.auth.useIRSA and access keys exclude each other: leave s3.auth.accessKeyId, s3.auth.secretAccessKey and s3.auth.existingSecret empty, or set s3.auth.useIRSA=false" -}}
{{- end -}}
{{- if and .useIRSA $.Values.serviceAccount.create (not (hasKey $.Values.serviceAccount.annotations "eks.amazonaws.com/role-arn")) -}}
{{- $faults = append $faults "s3.auth.useIRSA needs a role: set serviceAccount.annotations, such as {eks.amazonaws.com/role-arn: arn:aws:iam::123456789012:role/infer-focus}, or serviceAccount.create=false with the serviceAccount.name of one that has it" -}}
{{- end -}}
{{- end -}}
{{- with .Values.pushgateway -}}
{{- if and .existingSecret (not .urlKey) -}}
{{- $faults = append $faults "pushgateway.existingSecret needs the key in it: set pushgateway.urlKey, such as url" -}}
{{- end -}}
{{- if and (hasPrefix "http://" (lower .url)) (contains "@" .url) (not $.Values.prometheus.auth.allowPlaintext) -}}
{{- $faults = append $faults "pushgateway.url begins with http://, the user and password in it would go over the network unencrypted: use https://, or set prometheus.auth.allowPlaintext=true to allow that" -}}
{{- end -}}
{{- if and .existingSecret $.Values.networkPolicy.enabled (kindIs "invalid" $.Values.networkPolicy.pushgateway.port) -}}
{{- $faults = append $faults "networkPolicy.pushgateway.port is required, since the address is in pushgateway.existingSecret: set the port of the Pushgateway's pods, such as networkPolicy.pushgateway.port=9091" -}}
{{- end -}}
{{- end -}}
{{- with .Values.prometheus.auth -}}
{{- $hasToken := or .bearerToken (and .existingSecret .bearerTokenKey) -}}
{{- $hasPassword := or .password (and .existingSecret .passwordKey) -}}
{{- $ways := list -}}
{{- if $hasToken }}{{ $ways = append $ways "bearerToken" }}{{ end -}}
{{- if or .username $hasPassword }}{{ $ways = append $ways "username" }}{{ end -}}
{{- if .serviceAccountToken.enabled }}{{ $ways = append $ways "serviceAccountToken" }}{{ end -}}
{{- if .sigv4Region }}{{ $ways = append $ways "sigv4Region" }}{{ end -}}
{{- if gt (len $ways) 1 -}}
{{- $faults = append $faults (printf "prometheus.auth has %s: they exclude each other, keep one of them" (join " and " $ways)) -}}
{{- end -}}
{{- if and .username (not $hasPassword) -}}
{{- $faults = append $faults "prometheus.auth.password is required, since prometheus.auth.username is set (or prometheus.auth.existingSecret with prometheus.auth.passwordKey)" -}}
{{- end -}}
{{- if and $hasPassword (not .username) -}}
{{- $faults = append $faults "prometheus.auth.username is required, since a password is set" -}}
{{- end -}}
{{- if and .existingSecret (or .bearerToken .password $.Values.prometheus.headers) -}}
{{- $faults = append $faults "prometheus.auth.existingSecret excludes bearerToken, password and headers in the values: put them all into the Secret, or none" -}}
{{- end -}}
{{- if and .existingSecret (not (or .bearerTokenKey .passwordKey .headersKey)) -}}
{{- $faults = append $faults "prometheus.auth.existingSecret needs a key in it: set prometheus.auth.bearerTokenKey, such as token, or passwordKey or headersKey" -}}
{{- end -}}
{{- if and (not .existingSecret) (or .bearerTokenKey .passwordKey .headersKey) -}}
{{- $faults = append $faults "prometheus.auth.existingSecret is required, since one of bearerTokenKey, passwordKey and headersKey is set" -}}
{{- end -}}
{{- if and (or $hasToken .username .serviceAccountToken.enabled) (hasPrefix "http://" (lower (default "" $.Values.prometheus.url))) (not .allowPlaintext) -}}
{{- $faults = append $faults (printf "prometheus.url is %s, the credentials would go over the network unencrypted: use https://, or set prometheus.auth.allowPlaintext=true to allow that" $.Values.prometheus.url) -}}
{{- end -}}
{{- end -}}
{{- toJson $faults -}}
{{- end -}}

{{- define "infer-focus.contradictions" -}}
{{- $v := .Values -}}
{{- $kinds := fromJsonArray (include "infer-focus.kinds" .) -}}
{{- $faults := list -}}
{{- range list
  (list "clusterName" $v.clusterName "collection.clusterLabel" $v.collection.clusterLabel)
  (list "s3.bucket" $v.s3.bucket "outputDir.existingClaim" $v.outputDir.existingClaim)
  (list "config.documents" $v.config.documents "config.existingConfigMap" $v.config.existingConfigMap)
  (list "collection.includeNamespaces" $v.collection.includeNamespaces "collection.excludeNamespaces" $v.collection.excludeNamespaces)
  (list "collection.includeClusters" $v.collection.includeClusters "collection.excludeClusters" $v.collection.excludeClusters)
  (list "prometheus.tls.ca.existingConfigMap" $v.prometheus.tls.ca.existingConfigMap "prometheus.tls.ca.existingSecret" $v.prometheus.tls.ca.existingSecret)
  (list "pushgateway.url" $v.pushgateway.url "pushgateway.existingSecret" $v.pushgateway.existingSecret)
  (list "prometheus.url" $v.prometheus.url "SOURCE_FILE in extraEnv" (include "infer-focus.inExtraEnv" (dict "root" . "name" "SOURCE_FILE")))
-}}
{{- if and (index . 1) (index . 3) -}}
{{- $faults = append $faults (printf "%s and %s exclude each other: keep one of them" (index . 0) (index . 2)) -}}
{{- end -}}
{{- end -}}
{{- range $name, $_ := merge (fromJson (include "infer-focus.settings" .)) (fromJson (include "infer-focus.credentials" .)).env -}}
{{- if and (include "infer-focus.inExtraEnv" (dict "root" $ "name" $name)) (ne "" (include "infer-focus.text" $_)) -}}
{{- $faults = append $faults (printf "extraEnv has %s, which has a value of its own in values.yaml: set that one" $name) -}}
{{- end -}}
{{- end -}}
{{- if and (ne $v.focus.billingCurrency "USD") (kindIs "invalid" $v.focus.usdRate) -}}
{{- $faults = append $faults (printf "focus.usdRate is required, since focus.billingCurrency is %s: set the US dollars per %s, such as focus.usdRate=1.08" $v.focus.billingCurrency $v.focus.billingCurrency) -}}
{{- end -}}
{{- if and (eq $v.focus.billedCost "contracted") $v.config.documents (not (has "RateCard" $kinds)) -}}
{{- $faults = append $faults "focus.billedCost is contracted, which needs prices: add a RateCard to config.documents, or set focus.billedCost=cost" -}}
{{- end -}}
{{- if and $v.focus.splitAllocation (not (has $v.focus.version (list "1.3" "1.4"))) -}}
{{- $faults = append $faults (printf "focus.splitAllocation needs focus.version 1.3 or 1.4, which is %s: set focus.version=1.3" $v.focus.version) -}}
{{- end -}}
{{- if and (eq $v.focus.version "infercost-1.0") (ne $v.focus.extensionPrefix "x-Infer") -}}
{{- $faults = append $faults "focus.extensionPrefix is x_Infer, but the columns of infercost-1.0 begin with x-Infer: leave focus.extensionPrefix out" -}}
{{- end -}}
{{- if and (has $v.focus.version (list "1.2" "1.3")) (ne $v.focus.serviceProviderName $v.focus.invoiceIssuerName) -}}
{{- $faults = append $faults (printf "focus.invoiceIssuerName is %s and focus.serviceProviderName is %s: in FOCUS %s BilledCost would have to be 0, so give both the same name" $v.focus.invoiceIssuerName $v.focus.serviceProviderName $v.focus.version) -}}
{{- end -}}
{{- range fromJsonArray (include "infer-focus.allDocuments" .) -}}
{{- if and (eq (toString .kind) "RateCard") .currency (ne (upper (toString .currency)) (upper $v.focus.billingCurrency)) -}}
{{- $faults = append $faults (printf "config.documents: the RateCard is in %s and focus.billingCurrency is %s: write its prices in that currency" .currency $v.focus.billingCurrency) -}}
{{- end -}}
{{- end -}}
{{- toJson $faults -}}
{{- end -}}

{{- define "infer-focus.backfillFaults" -}}
{{- $faults := list -}}
{{- with .Values.backfill -}}
{{- if .enabled -}}
{{- if not (and .start .end) -}}
{{- $faults = append $faults "backfill.start and backfill.end are required, since backfill.enabled is true: set the days to export, such as backfill.start=2026-01-01 and backfill.end=2026-07-01" -}}
{{- else if and (regexMatch "^[0-9-]{10}$" .start) (regexMatch "^[0-9-]{10}$" .end) (ge .start .end) -}}
{{- $faults = append $faults (printf "backfill.end is %s, which is not after backfill.start %s: it is the day after the last one" .end .start) -}}
{{- end -}}
{{- if and .missingOnly (not .replaceLayout) (or .force .restate) -}}
{{- $faults = append $faults "backfill.force and backfill.restate change objects that are there, which backfill.missingOnly leaves alone: set backfill.missingOnly=false" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $faults -}}
{{- end -}}

{{- define "infer-focus.reportFaults" -}}
{{- $faults := list -}}
{{- if and .Values.report.enabled (not .Values.report.schedule) -}}
{{- $faults = append $faults "report.schedule is required, since report.enabled is true: set when the report of last month is made, such as report.schedule=30 6 1 * *" -}}
{{- end -}}
{{- toJson $faults -}}
{{- end -}}

{{- define "infer-focus.rulesFaults" -}}
{{- $faults := list -}}
{{- if .Values.prometheusRule.enabled -}}
{{- $how := printf "make them from the documents of this release, in ./config, by `%s`, and add --set-file prometheusRule.rules=rules.yaml" (include "infer-focus.rulesCommand" (dict "root" . "documents" "./config")) -}}
{{- $rules := fromJson (include "infer-focus.rules" .) -}}
{{- if $rules.stray -}}
{{- $faults = append $faults (printf "prometheusRule.rules is not the text of a rule file or PrometheusRule, it has no list of groups%s: %s" (ternary (printf " (%s)" $rules.error) "" (ne $rules.error "")) $how) -}}
{{- else if not $rules.groups -}}
{{- $faults = append $faults (printf "prometheusRule.rules is required, since prometheusRule.enabled is true: %s" $how) -}}
{{- end -}}
{{- end -}}
{{- toJson $faults -}}
{{- end -}}
