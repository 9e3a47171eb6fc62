{{/* Labels and annotations of a pod. Takes root and component. */}}
{{- define "infer-focus.podMetadata" -}}
labels:
  {{- include "infer-focus.labels" .root | nindent 2 }}
  app.kubernetes.io/component: {{ .component }}
  {{- with .root.Values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  checksum/config: {{ printf "%s%s" (include "infer-focus.documents" .root) (include "infer-focus.ownSecrets" .root) | sha256sum }}
  {{- with .root.Values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* The pod that everything here runs in. Takes root, args and env: more variables, by name. */}}
{{- define "infer-focus.podSpec" -}}
{{- $credentials := fromJson (include "infer-focus.credentials" .root) -}}
{{- $root := .root -}}
{{- with .root.Values -}}
restartPolicy: Never
serviceAccountName: {{ include "infer-focus.serviceAccountName" $root }}
automountServiceAccountToken: {{ .serviceAccount.automount }}
# A Service called prometheus would otherwise put PROMETHEUS_… variables beside the settings.
enableServiceLinks: false
{{- with include "infer-focus.number" (dict "key" "terminationGracePeriodSeconds" "value" .terminationGracePeriodSeconds) }}
{{ . }}
{{- end }}
{{- with .podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .topologySpreadConstraints }}
topologySpreadConstraints:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: infer-focus
    image: {{ include "infer-focus.image" $root | quote }}
    imagePullPolicy: {{ .image.pullPolicy }}
    args: {{ toJson $.args }}
    env:
      {{- include "infer-focus.env" $root | trim | nindent 6 }}
      {{- range $name, $value := $.env }}
      - name: {{ $name }}
        value: {{ include "infer-focus.text" $value | quote }}
      {{- end }}
      {{- with .extraEnv }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- with .resources }}
    resources:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .securityContext }}
    securityContext:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    volumeMounts:
      - name: tmp
        mountPath: /tmp
      - name: config
        mountPath: /etc/infer-focus
        readOnly: true
      {{- if $credentials.sources }}
      - name: credentials
        mountPath: /var/run/secrets/infer-focus
        readOnly: true
      {{- end }}
      {{- if .outputDir.existingClaim }}
      - name: output
        mountPath: /var/lib/infer-focus
        {{- with .outputDir.subPath }}
        subPath: {{ . | quote }}
        {{- end }}
      {{- end }}
      {{- with .extraVolumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
volumes:
  - name: tmp
    emptyDir:
      medium: {{ .tmp.medium | quote }}
      {{- with .tmp.sizeLimit }}
      sizeLimit: {{ . }}
      {{- end }}
  - name: config
    configMap:
      name: {{ include "infer-focus.configMapName" $root }}
  {{- with $credentials.sources }}
  - name: credentials
    projected:
      defaultMode: 0440
      sources:
        {{- toYaml . | nindent 8 }}
  {{- end }}
  {{- with .outputDir.existingClaim }}
  - name: output
    persistentVolumeClaim:
      claimName: {{ . }}
  {{- end }}
  {{- with .extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
{{- end -}}

{{/* What follows from how a pod ended. */}}
{{- define "infer-focus.podFailurePolicy" -}}
podFailurePolicy:
  rules:
    # A wrong configuration stays wrong.
    - action: FailJob
      onExitCodes:
        containerName: infer-focus
        operator: In
        values: [2]
      # Empty, because schemas before Kubernetes 1.29 want it in every rule.
      onPodConditions: []
    # A node that is drained says nothing about the run.
    - action: Ignore
      onPodConditions:
        - type: DisruptionTarget
          status: "True"
{{- end -}}
