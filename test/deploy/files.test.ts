import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import config from '../../config.ts';
import { environmentSettings, fileSettings } from '../../scripts/docs.ts';
import { variableOf } from '../../src/server/config/settings.ts';
import { emptyFolder, run } from '../support/built-server.ts';

const root = new URL('../../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, root), 'utf8');

/** Every environment variable that the server reads. */
const settings = new Set([
  ...environmentSettings().map(({ name }) => name),
  ...fileSettings().map(({ name }) => variableOf(...name.split('.'))),
]);

const isNoSetting = (name: string) => !settings.has(name);

/** The texts of a pattern's group in a file, once each. */
const all = (text: string, pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(([, group = '']) => group))];

const nginx = read('deploy/nginx.conf');

/** A number in nginx.conf, whatever its unit. */
const inNginx = (directive: string) => Number(new RegExp(`^ *${directive} (\\d+)`, 'm').exec(nginx)?.[1]);

describe('compose.yaml', () => {
  const text = read('compose.yaml');
  interface Service {
    environment?: Record<string, string>;
    stop_grace_period?: string;
    volumes?: string[];
    configs?: string[];
    networks?: { calls?: { ipv4_address?: string } };
  }
  const compose: { services: Record<string, Service>; configs: object; volumes: object } = parse(text, { merge: true });
  const nodes = Object.entries(compose.services).filter(([name]) => name.startsWith('node-'));
  const addressOf = (service?: Service) => service?.networks?.calls?.ipv4_address;

  it('sets nothing that the server does not know', () => {
    expect(nodes).toHaveLength(3);
    for (const [, { environment = {} }] of nodes) expect(Object.keys(environment).filter(isNoSetting)).toEqual([]);
  });

  it('asks for every value that is not in it, says so at its top, and has a default for none', () => {
    const explained = all(text.split('\nname:')[0] ?? '', /\b([A-Z]+_[A-Z]+)\b/g);
    const asked = all(text, /\$\{(\w+)/g);
    expect(asked.toSorted()).toEqual(explained.toSorted());
    expect(all(text, /\$(?!\{\w+:\?[^}]*\})(.*)/g)).toEqual([]);
  });

  it('has its nodes where deploy/nginx.conf looks for them, and has them believe nobody else', () => {
    expect(all(nginx, /^ *server ([\d.]+):9090 /gm)).toEqual(nodes.map(([, node]) => addressOf(node)));
    for (const [, { environment }] of nodes) {
      expect(environment?.TRUST_PROXY).toBe(addressOf(compose.services.balancer));
    }
  });

  it('mounts what is there', () => {
    for (const { volumes = [], configs = [] } of Object.values(compose.services)) {
      for (const volume of volumes) {
        const [source = ''] = volume.split(':');
        if (source.startsWith('.')) expect(existsSync(new URL(source, root)), source).toBe(true);
        else expect(compose.volumes).toHaveProperty(source);
      }
      for (const name of configs) expect(Object.keys(compose.configs)).toContain(name);
    }
  });

  it('gives a node the time to stop', () => {
    for (const [, { stop_grace_period }] of nodes) {
      expect(Number.parseInt(stop_grace_period ?? '', 10)).toBeGreaterThan(config.shutdown_seconds);
    }
  });
});

describe('deploy/kubernetes.yaml', () => {
  interface Variable {
    name: string;
    value?: string;
    valueFrom?: { secretKeyRef: { name: string; key: string } };
  }
  const documents = parseAllDocuments(read('deploy/kubernetes.yaml')).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS();
  });
  const ofKind = (kind: string) => documents.find((document) => document.kind === kind);
  const pod = ofKind('Deployment').spec.template;
  const [container] = pod.spec.containers;
  const variables: Variable[] = container.env;

  it('sets nothing that the server does not know', () => {
    expect(variables.map(({ name }) => name).filter(isNoSetting)).toEqual([]);
  });

  it('refers to its secrets, and the command in its comment makes all of them', () => {
    const references = variables.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []);
    expect(references.map(({ key }) => key).toSorted()).toEqual(
      all(read('deploy/kubernetes.yaml'), /--from-literal=(\w+)/g).toSorted(),
    );
    for (const { name, value } of variables) {
      expect(value === undefined, name).toBe(/TOKEN|SALT|SECRET|REDIS_URL/.test(name));
    }
    expect(ofKind('Secret')).toBeUndefined();
  });

  it('means the same pods everywhere', () => {
    const { labels } = pod.metadata;
    for (const selector of [
      ofKind('Deployment').spec.selector.matchLabels,
      ofKind('PodDisruptionBudget').spec.selector.matchLabels,
      ofKind('Service').spec.selector,
    ]) {
      expect(selector).toEqual(labels);
    }
    expect(ofKind('Ingress').spec.rules[0].http.paths[0].backend.service.name).toBe(ofKind('Service').metadata.name);
  });

  it('gives a node the time to be forgotten and to stop', () => {
    const [, seconds] = container.lifecycle.preStop.exec.command;
    expect(pod.spec.terminationGracePeriodSeconds).toBeGreaterThan(Number(seconds) + config.shutdown_seconds);
  });
});

describe('deploy/mesh-workspaces.service', () => {
  const unit = read('deploy/mesh-workspaces.service');

  it('sets nothing that the server does not know', () => {
    const assignments = all(unit, /^Environment=(.*)$/gm).flatMap((line) => line.split(' '));
    expect(assignments.map((each) => each.split('=')[0] ?? '').filter(isNoSetting)).toEqual([]);
  });

  it('gives the server the time to stop', () => {
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(config.shutdown_seconds);
  });
});

describe('deploy/nginx.conf', () => {
  it('has more patience than two heartbeats take, and takes what the server takes', () => {
    for (const timeout of ['proxy_read_timeout', 'proxy_send_timeout']) {
      expect(inNginx(timeout), timeout).toBeGreaterThan(2 * config.heartbeat_seconds);
    }
    expect(inNginx('client_max_body_size') * 1024 * 1024).toBeGreaterThanOrEqual(16 * config.max_payload_bytes);
  });

  it('waits for requests no longer than the server', () => {
    for (const timeout of ['client_header_timeout', 'client_body_timeout']) {
      expect(inNginx(timeout), timeout).toBeLessThanOrEqual(config.first_command_seconds);
    }
  });
});

describe('The Dockerfile', () => {
  const dockerfile = read('Dockerfile');
  /** The paths that it copies from this folder. */
  const copied = all(dockerfile, /^COPY (?!--from)(.*) \S+$/gm).flatMap((line) => line.split(' '));

  it('copies what is there, and .dockerignore lets in nothing else', () => {
    const here = readdirSync(root);
    for (const source of copied) {
      const pattern = new RegExp(`^${source.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
      expect(
        here.filter((name) => pattern.test(name)),
        source,
      ).not.toEqual([]);
    }
    const [ignored, ...rest] = read('.dockerignore').trim().split('\n').slice(1);
    expect(ignored).toBe('*');
    expect(rest.toSorted()).toEqual(copied.map((source) => `!${source}`).toSorted());
  });

  it('copies the scripts that the build runs', () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'));
    const ofBuild = Object.entries(scripts).filter(([name]) => /^build\b/.test(name));
    const run = ofBuild.flatMap(([, command]) => all(command, /node (\S+)/g));
    expect(run).not.toEqual([]);
    expect(run.filter((script) => !copied.includes(script.split('/')[0] ?? ''))).toEqual([]);
  });

  it('sets nothing that the server does not know', () => {
    const assignments = all(dockerfile, /^ENV (.*)$/gm).flatMap((line) => line.split(' '));
    expect(assignments.map((each) => each.split('=')[0] ?? '').filter(isNoSetting)).toEqual([]);
  });

  it('runs the server itself, as nobody in particular', () => {
    expect(dockerfile).toMatch(/^CMD \["node", .*"dist\/src\/main\.js"\]$/m);
    expect(dockerfile).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
  });

  it.each(['/', '/calls/'])('asks a server at %s for its health, and notices when it is gone', async (basePath) => {
    const [program, ...args]: string[] = JSON.parse(/^ +CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]');
    if (program !== 'node') throw new Error('Dockerfile has no HEALTHCHECK that could run here.');
    const server = run(await emptyFolder(), { env: { PORT: '0', BASE_PATH: basePath } });
    const env = { PORT: new URL(await server.listening()).port, BASE_PATH: basePath };
    const health = async () => (await once(spawn(process.execPath, args, { env, stdio: 'ignore' }), 'close'))[0];
    expect(await health()).toBe(0);
    server.kill('SIGTERM');
    await server.ended;
    expect(await health()).toBe(1);
  });
});
