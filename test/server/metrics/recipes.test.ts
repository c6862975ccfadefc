import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { promtool } from '../../../scripts/promtool.mjs';
import { emptyFolder } from '../../support/built-server.ts';
import { startServer } from '../../support/fixtures.ts';
import { type Scrape, scrape } from '../../support/scrape.ts';
import { skipsRedis, startRedis } from '../redis/redis-server.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const RULES = 'deploy/prometheus/rules.yaml';
const DASHBOARD = 'deploy/grafana/mesh-workspaces.json';

interface Panel {
  id: number;
  type: string;
  title: string;
  datasource?: { uid: string };
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; datasource: { uid: string } }[];
}

const rules: { groups: { rules: { alert: string; expr: string }[] }[] } = parse(readFileSync(root + RULES, 'utf8'));
const alerts = rules.groups.flatMap((group) => group.rules);
const dashboard: { panels: Panel[]; templating: { list: { name: string; definition?: string }[] } } = JSON.parse(
  readFileSync(root + DASHBOARD, 'utf8'),
);
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** The metrics of an expression, with the labels that it asks for. */
const METRIC = /\b((?:mesh|nodejs|process)_\w+)(?:\{([^}]*)\})?/g;
const MATCHER = /(\w+)\s*(?:=~|!~|!=|=)/g;

function metricsIn(expression: string): { metric: string; labels: string[] }[] {
  return [...expression.matchAll(METRIC)].map(([, metric = '', matchers = '']) => ({
    metric,
    labels: [...matchers.matchAll(MATCHER)].map(([, label = '']) => label),
  }));
}

/** Labels that Prometheus adds to every series. */
const ADDED = ['job', 'instance'];

const withPromtool = it.skipIf(promtool() === null && process.env.CI !== 'true');

/** Runs promtool. @returns what it prints where it finds something wrong */
function complaints(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(promtool() ?? '', args, { encoding: 'utf8', cwd: root });
  return status === 0 ? '' : stdout + stderr;
}

describe.skipIf(skipsRedis())('The alerts and the dashboard', () => {
  /** The metrics of servers that together have every feature. */
  async function scrapes(): Promise<Scrape[]> {
    const redis = await startRedis();
    const env = { METRICS_PORT: '0' };
    const many = await startServer({ ...env, STORE: 'redis', REDIS_URL: redis.url, USERS: '' });
    const one = await startServer({ ...env, API_KEYS: 'ops:Yb3vTq8LrW0eKx5ZuN2hJd7cPfGsAm1oRi6VtQzB' });
    return [await scrape(many), await scrape(one)];
  }

  it('use metrics and labels that are there', async () => {
    const all = await scrapes();
    const typeOf = (metric: string) => all.map(({ types }) => types.get(metric)).find((type) => type !== undefined);
    for (const expression of [...alerts.map(({ expr }) => expr), ...queries]) {
      for (const { metric, labels } of metricsIn(expression)) {
        const family = metric.replace(/_(bucket|sum|count)$/, '');
        const name = typeOf(family) === 'histogram' ? family : metric;
        expect(typeOf(name), `${metric} of ${expression}`).toBeDefined();
        const known = [...ADDED, ...all.flatMap(({ labelsOf }) => labelsOf(name))];
        // A counter of labels that clients choose has no series until somebody has reported something.
        if (name === 'mesh_peer_connections_total') known.push('outcome', 'route', 'reason');
        expect(known, expression).toEqual(expect.arrayContaining(labels));
      }
    }
  });
});

describe('The alerts', () => {
  withPromtool('are rules as Prometheus reads them', () => {
    expect(complaints('check', 'rules', RULES)).toBe('');
  });

  withPromtool('fire when they should, and stay silent otherwise', () => {
    expect(complaints('test', 'rules', 'test/server/metrics/rules.yaml')).toBe('');
  });
});

describe('The dashboard', () => {
  withPromtool('has queries as Prometheus reads them', async () => {
    const expressions = queries.map((expr) => expr.replaceAll('$__rate_interval', '1m'));
    const group = { name: 'queries', rules: expressions.map((expr, n) => ({ record: `query_${n}`, expr })) };
    const file = join(await emptyFolder(), 'queries.yaml');
    await writeFile(file, stringify({ groups: [group] }));
    expect(complaints('check', 'rules', file)).toBe('');
  });

  it('takes its data from the source, the job and the nodes that are chosen', () => {
    const variables = dashboard.templating.list.map(({ name }) => name);
    expect(variables).toEqual(['datasource', 'job', 'instance']);
    for (const { datasource, targets = [], title } of panels) {
      expect(datasource?.uid, title).toBe(`\${datasource}`);
      expect(targets.length, title).toBeGreaterThan(0);
      for (const { datasource: source, expr } of targets) {
        expect(source.uid, title).toBe(`\${datasource}`);
        const selectors = [...expr.matchAll(/\{([^}]*)\}/g)].map(([, matchers]) => matchers);
        for (const matchers of selectors) expect(matchers, title).toContain('job="$job", instance=~"$instance"');
        expect(selectors.length, title).toBeGreaterThan(0);
      }
    }
  });

  it('has panels of their own, none over another', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(dashboard.panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });
});

describe('Prometheus in compose.yaml', () => {
  const compose = parse(readFileSync(`${root}compose.yaml`, 'utf8'), { merge: true });
  const config: string = compose.configs['prometheus.yml'].content;

  withPromtool('has a configuration as Prometheus reads it', async () => {
    const folder = await emptyFolder();
    const file = join(folder, 'prometheus.yml');
    await writeFile(file, config.replaceAll('/etc/prometheus/rules.yaml', root + RULES));
    expect(complaints('check', 'config', file)).toBe('');
  });

  it('scrapes every node under the job that the alerts name', () => {
    const [{ job_name, static_configs }] = parse(config).scrape_configs;
    expect(job_name).toBe('mesh-workspaces');
    const nodes = Object.entries(compose.services).filter(([name]) => name.startsWith('node-')) as [
      string,
      { environment: Record<string, string>; networks: { calls: { ipv4_address: string } } },
    ][];
    expect(static_configs[0].targets).toEqual(
      nodes.map(([, { environment, networks }]) => `${networks.calls.ipv4_address}:${environment.METRICS_PORT}`),
    );
  });
});
