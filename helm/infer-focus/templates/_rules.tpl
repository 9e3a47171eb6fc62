{{/* What prometheusRule.rules holds, a rule file of Prometheus or a whole PrometheusRule: its groups;
whether something else is in it; and what is wrong with it as YAML. */}}
{{- define "infer-focus.rules" -}}
{{- $groups := list -}}
{{- $stray := false -}}
{{- $error := "" -}}
{{- /* fromYaml reads one document and would drop the others. */ -}}
{{- range regexSplit "(?m)^---([ \t].*)?$" (default "" .Values.prometheusRule.rules) -1 -}}
{{- $document := fromYaml . -}}
{{- $spec := ternary $document.spec $document (hasKey $document "spec") -}}
{{- if and (kindIs "map" $spec) (kindIs "slice" (default dict $spec).groups) -}}
{{- $groups = concat $groups $spec.groups -}}
{{- else if $document -}}
{{- $stray = true -}}
{{- with $document.Error }}{{ $error = toString . | replace "\n" " " }}{{ end -}}
{{- end -}}
{{- end -}}
{{- dict "groups" $groups "stray" $stray "error" $error | toJson -}}
{{- end -}}

{{/* A word of a command line, quoted where a shell would take it apart. */}}
{{- define "infer-focus.word" -}}
{{- if regexMatch "^[A-Za-z0-9_./:@%+,-]+$" . -}}
{{- . -}}
{{- else -}}
'{{ replace "'" `'\''` . }}'
{{- end -}}
{{- end -}}

{{/* The command that makes the rules of this release, with every setting that they depend on. Takes
root and documents: where they are. */}}
{{- define "infer-focus.rulesCommand" -}}
{{- $words := list (printf "CONFIG_PATH=%s" .documents) -}}
{{- $settings := fromJson (include "infer-focus.settings" .root) -}}
{{- range list
  (list "CLUSTER_NAME" "")
  (list "COLLECTION_CLUSTER_LABEL" "")
  (list "COLLECTION_LOOKBACK_HOURS" "24")
  (list "FOCUS_BILLING_CURRENCY" "USD")
  (list "FOCUS_USD_RATE" "")
  (list "FOCUS_SUB_ACCOUNT_LABEL" "")
-}}
{{- $name := index . 0 -}}
{{- $text := include "infer-focus.text" (index $settings $name) -}}
{{- /* The second is the program's own default. */ -}}
{{- if not (has $text (list "" (index . 1))) -}}
{{- $words = append $words (printf "%s=%s" $name (include "infer-focus.word" $text)) -}}
{{- end -}}
{{- end -}}
{{- /* Only whether there is one matters, and it may hold a password. */ -}}
{{- with .root.Values.pushgateway -}}
{{- if or .url .existingSecret -}}
{{- $address := regexReplaceAllLiteral "//[^/@]*@" (default "http://pushgateway" .url) "//" -}}
{{- $words = append $words (printf "PUSHGATEWAY_URL=%s" (include "infer-focus.word" $address)) -}}
{{- end -}}
{{- end -}}
{{- join " " $words }} infer-focus rules --format prometheus --cronjob {{ .root.Release.Namespace }}/{{ include "infer-focus.fullname" .root }} > rules.yaml
{{- end -}}
