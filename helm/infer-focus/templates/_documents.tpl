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

{{/* All documents, those in a List too, as a list. */}}
{{- define "infer-focus.allDocuments" -}}
{{- $files := .Values.config.documents -}}
{{- if kindIs "slice" $files }}{{ $files = dict "documents.yaml" $files }}{{ end -}}
{{- $all := list -}}
{{- range $documents := $files -}}
{{- range $documents -}}
{{- $all = append $all . -}}
{{- range .items }}{{ $all = append $all . }}{{ end -}}
{{- end -}}
{{- end -}}
{{- toJson $all -}}
{{- end -}}

{{/* The kinds of all documents, as a list. */}}
{{- define "infer-focus.kinds" -}}
{{- $kinds := list -}}
{{- range fromJsonArray (include "infer-focus.allDocuments" .) }}{{ $kinds = append $kinds .kind }}{{ end -}}
{{- toJson $kinds -}}
{{- end -}}
