{{/* The documents as the data of a ConfigMap: file name to YAML text; empty if there are none. */}}
{{- define "infer-focus.documents" -}}
{{- $files := .Values.config.documents -}}
{{- if kindIs "slice" $files }}{{ $files = dict "documents.yaml" $files }}{{ end -}}
{{- $data := dict -}}
{{- range $name, $documents := $files -}}
{{- $texts := list -}}
{{- range $documents }}{{ $texts = append $texts (toYaml .) }}{{ end -}}
{{- if $texts }}{{ $_ := set $data $name (printf "%s\n" (join "\n---\n" $texts)) }}{{ end -}}
{{- end -}}
{{- if $data }}{{ toYaml $data }}{{ end -}}
{{- end -}}

{{/* The kinds of all documents, those in a List too, as a list. */}}
{{- define "infer-focus.kinds" -}}
{{- $files := .Values.config.documents -}}
{{- if kindIs "slice" $files }}{{ $files = dict "documents.yaml" $files }}{{ end -}}
{{- $kinds := list -}}
{{- range $documents := $files -}}
{{- range $documents -}}
{{- $kinds = append $kinds .kind -}}
{{- range .items }}{{ $kinds = append $kinds .kind }}{{ end -}}
{{- end -}}
{{- end -}}
{{- toJson $kinds -}}
{{- end -}}
