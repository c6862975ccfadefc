import { expect, it } from 'vitest';
import type { Part } from '../../src/recorder/part-store.ts';
import { type Facts, stateOf } from '../../src/recorder/recorder-state.ts';
import { somePart } from './some-part.ts';

const facts = (parts: Partial<Part>[], more: Partial<Facts> = {}): Facts => ({
  parts: parts.map((part) => ({ ...somePart, ...part })),
  openedAt: 1_000,
  unsaved: 0,
  isRecording: false,
  isUploader: true,
  hindrance: null,
  share: 1,
  problems: [],
  canAsk: () => false,
  ...more,
});

it('The page may be closed only when nothing is recorded, nothing waits for the storage and the server has every byte', () => {
  const whole = { recorded: 5, uploaded: 5, end: { at: 9 }, isWhole: true };
  expect(stateOf(facts([])).mayClose).toBe(true);
  expect(stateOf(facts([whole])).mayClose).toBe(true);
  expect(stateOf(facts([whole], { isRecording: true })).mayClose).toBe(false);
  expect(stateOf(facts([whole], { unsaved: 1 })).mayClose).toBe(false);
  expect(stateOf(facts([whole, { recorded: 5, uploaded: 4, end: { at: 9 } }])).mayClose).toBe(false);
  // The server has the bytes, and does not know yet that there are no more.
  expect(stateOf(facts([{ recorded: 5, uploaded: 5, end: { at: 9 } }]))).toMatchObject({
    mayClose: false,
    pendingBytes: 0,
    upload: 'uploading',
  });
});

it('Bytes are counted of this visit, and of former ones that were not sent then', () => {
  const parts = [
    { recorded: 100, uploaded: 100, isWhole: true, touchedAt: 999 },
    { recorded: 50, uploaded: 50, isWhole: true, touchedAt: 1_000 },
    { recorded: 30, uploaded: 10, touchedAt: 1 },
  ];
  const state = stateOf(facts(parts, { unsaved: 7 }));
  expect(state).toMatchObject({ recordedBytes: 87, uploadedBytes: 60, pendingBytes: 27 });
});

it('It says who uploads, and what hinders it', () => {
  const open = { recorded: 5, end: { at: 9 } };
  expect(stateOf(facts([])).upload).toBe('idle');
  expect(stateOf(facts([open], { isUploader: false })).upload).toBe('elsewhere');
  const away = stateOf(facts([open], { hindrance: 'server-away', problems: ['no-storage', 'no-storage'] }));
  expect(away.upload).toBe('waiting');
  expect(away.problems.map(({ code }) => code)).toEqual(['no-storage', 'server-away']);
  expect(away.problems.every(({ message }) => message.endsWith('.'))).toBe(true);
});

it('A browser that keeps nothing is said as long as closing the page would lose something', () => {
  const codes = (parts: Partial<Part>[], more: Partial<Facts> = {}) =>
    stateOf(facts(parts, { problems: ['no-storage'], ...more })).problems.map(({ code }) => code);
  const whole = { recorded: 5, uploaded: 5, end: { at: 9 }, isWhole: true };
  expect(codes([whole], { isRecording: true })).toEqual(['no-storage']);
  expect(codes([whole], { unsaved: 1 })).toEqual(['no-storage']);
  expect(codes([{ recorded: 5, uploaded: 4, end: { at: 9 } }])).toEqual(['no-storage']);
  expect(codes([whole])).toEqual([]);
});

it('A part of which nobody can tell the server any more is said, and keeps nobody on the page', () => {
  const part = { recorded: 5, upload: null, end: { at: null } };
  const state = stateOf(facts([part]));
  expect(state.mayClose).toBe(true);
  expect(state.problems.map(({ code }) => code)).toEqual(['unsent']);
  expect(stateOf(facts([part], { canAsk: () => true }))).toMatchObject({ mayClose: false, problems: [] });
});
