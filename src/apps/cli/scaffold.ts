/** The files `themis init` writes: text only, so that a test can validate them as a user would. */
export interface ScaffoldChoices {
  readonly name: string;
  readonly uid: string;
  readonly package: string;
  readonly ci: 'github' | 'gitlab' | 'none';
}

export interface ScaffoldFile {
  readonly path: string;
  readonly text: string;
}

export function scaffoldFiles(choices: ScaffoldChoices): ScaffoldFile[] {
  const files = [
    { path: 'fleet.yaml', text: fleetText(choices) },
    { path: 'rollout.yaml', text: rolloutText },
    { path: '.gitignore', text: 'nodes/\nreleases/\nkeys/\n*.themis-lock\n*.themisplan\n' },
  ];
  if (choices.ci === 'github') files.push({ path: '.github/workflows/themis.yml', text: githubText });
  if (choices.ci === 'gitlab') files.push({ path: '.gitlab-ci.yml', text: gitlabText });
  return files;
}

function fleetText(choices: ScaffoldChoices): string {
  return `# yaml-language-server: $schema=.themis/schemas/fleet.schema.json
apiVersion: themis.dev/v1
kind: Fleet
metadata:
  name: ${choices.name}
  # Names this fleet's locks and journal; never change it.
  uid: ${choices.uid}
spec:
  # What every node should run: a version or a range. \`themis lock\` pins it in themis.lock.yaml.
  packages:
    ${choices.package}: "1.0.0"
  releases:
    directory: ./releases
  rollout: progressive
  nodes:
    # \`themis node init ./nodes/node-a --name node-a --anchors keys/anchors.json\` makes a node root.
    - name: node-a
      transport: { local: { root: ./nodes/node-a } }
`;
}

const rolloutText = `# yaml-language-server: $schema=.themis/schemas/rollout.schema.json
apiVersion: themis.dev/v1
kind: Rollout
metadata:
  name: progressive
spec:
  # Per cluster: nodes down at once for any reason, and minor versions between any two nodes.
  maxUnavailable: 1
  maxMinorSkew: 1
  health: { timeout: 30s }
  onFailure: rollback
`;

const githubText = `name: themis
on:
  pull_request:
jobs:
  plan:
    runs-on: self-hosted # a machine that can reach the nodes
    steps:
      - uses: actions/checkout@v4
        with: { fetch-depth: 0 }
      - run: themis validate -o github
      - run: themis plan --against "origin/$GITHUB_BASE_REF" -o markdown >> "$GITHUB_STEP_SUMMARY"
`;

const gitlabText = `stages: [plan]
plan:
  stage: plan
  rules: [{ if: $CI_PIPELINE_SOURCE == "merge_request_event" }]
  script:
    - themis validate -o gitlab > gl-code-quality-report.json
    - themis plan --against "origin/$CI_MERGE_REQUEST_TARGET_BRANCH_NAME" -o markdown
  artifacts:
    reports: { codequality: gl-code-quality-report.json }
`;
