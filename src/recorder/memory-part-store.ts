import { acknowledged, appended, type Bytes, joined, type Part, type PartStore } from './part-store.ts';

interface Chunk {
  readonly offset: number;
  readonly bytes: Bytes;
}

/** Parts in memory, for browsers that keep nothing for this page: a reload loses what the server does not have yet. */
export class MemoryPartStore implements PartStore {
  readonly #parts = new Map<string, Part>();
  readonly #chunks = new Map<string, Chunk[]>();

  async parts(): Promise<Part[]> {
    return [...this.#parts.values()];
  }

  async add(part: Part): Promise<void> {
    this.#parts.set(part.id, part);
    this.#chunks.set(part.id, []);
  }

  async update(id: string, change: (part: Part) => Part): Promise<void> {
    const part = this.#parts.get(id);
    if (part) this.#parts.set(id, change(part));
  }

  async append(id: string, bytes: Bytes, now: number): Promise<void> {
    const part = this.#parts.get(id);
    this.#parts.set(id, appended(part, bytes.byteLength, now));
    this.#chunks.get(id)?.push({ offset: part?.recorded ?? 0, bytes });
  }

  async read(id: string, offset: number, size: number): Promise<Bytes | null> {
    const chunks = (this.#chunks.get(id) ?? []).filter((chunk) => chunk.offset < offset + size);
    const bytes = chunks.map((chunk) => chunk.bytes);
    return joined(bytes, chunks[0]?.offset ?? this.#parts.get(id)?.recorded ?? 0, offset, size);
  }

  async acknowledge(id: string, offset: number): Promise<void> {
    await this.update(id, (part) => acknowledged(part, offset));
    const rest = (this.#chunks.get(id) ?? []).filter((chunk) => chunk.offset + chunk.bytes.byteLength > offset);
    this.#chunks.set(id, rest);
  }

  async remove(id: string): Promise<void> {
    this.#parts.delete(id);
    this.#chunks.delete(id);
  }

  close(): void {}
}
