import type { ComponentChildren } from 'preact';
import { megabytes } from './format.ts';
import type { Answer, List, Node } from './overview.ts';
import { Section } from './Section.tsx';
import { strings } from './strings.ts';
import { Time } from './Time.tsx';

export function Nodes({ nodes, now }: { nodes: Answer<List<Node>>; now: number }) {
  return (
    <Section title={strings.nodes.title} answer={nodes} none="">
      {(items) => (
        <ul class="admin-nodes">
          {items.map((node) => (
            <NodeCard key={node.id} node={node} now={now} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function NodeCard({ node, now }: { node: Node; now: number }) {
  const { id, host, version, startedAt, connections, seats, memoryBytes, isAnswering, isReady } = node;
  const state = !isAnswering ? strings.nodes.silent : isReady ? strings.nodes.ready : strings.nodes.notReady;
  return (
    <li class="admin-node">
      <p class="admin-row-head">
        <b>{host ?? id}</b>
        <span class={isAnswering && isReady ? 'badge badge-good' : 'badge badge-danger'}>{state}</span>
      </p>
      <p class="quiet admin-id">{id}</p>
      <dl>
        <Figure name={strings.nodes.connections}>{connections}</Figure>
        <Figure name={strings.nodes.seats}>{seats}</Figure>
        <Figure name={strings.nodes.memory}>{memoryBytes === undefined ? undefined : megabytes(memoryBytes)}</Figure>
        <Figure name={strings.nodes.since} isWide>
          {startedAt && <Time at={startedAt} now={now} />}
        </Figure>
        <Figure name={strings.nodes.version}>{version}</Figure>
      </dl>
    </li>
  );
}

/** A figure with its name; nothing where the node has not said it. */
function Figure({ name, isWide, children }: { name: string; isWide?: boolean; children: ComponentChildren }) {
  if (children === undefined) return null;
  return (
    <div class={isWide ? 'admin-node-wide' : ''}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
