import type { Frame, Page } from 'playwright-core';

declare global {
  /** Whether nothing that depends on time changes on the page. */
  var isStill: boolean;
}

/** Runs in a page: every time of day is the same there, notifications are allowed, and intervals pause while the page is to be still. */
export function stopClocks(): void {
  const always = Date.UTC(2026, 4, 12, 10, 24);
  const format = Object.getOwnPropertyDescriptor(Intl.DateTimeFormat.prototype, 'format')?.get;
  Object.defineProperty(Intl.DateTimeFormat.prototype, 'format', {
    get(this: Intl.DateTimeFormat) {
      const original = format?.call(this);
      return () => original(always);
    },
  });
  // Browsers without a head show no notifications.
  if ('Notification' in globalThis) Object.defineProperty(Notification, 'permission', { get: () => 'granted' });
  globalThis.isStill = false;
  const everyMs = globalThis.setInterval;
  const pausing = (run: () => void, ms?: number) => everyMs(() => isStill || run(), ms);
  Object.assign(globalThis, { setInterval: pausing });
}

/** Runs in a page: puts what differs each time into a form that is always the same, until `isStill` ends. */
function holdStill(): void {
  globalThis.isStill = true;
  // What was announced goes after some seconds, and not every machine is busy.
  for (const note of document.querySelectorAll<HTMLElement>('.announcer, .quiet-note'))
    note.style.visibility = 'hidden';
  const ids = ['V1StGXR8Z5jdHi6BmyTa', 'kQ9rW2xLm4Nc7Jf3Hs8E', 'p6DzUe1Yb5GoTi0VtKwA', 'Xc8Rf2Mv7Qn4Zj9Lh3Sd'];
  for (const [at, element] of document.querySelectorAll('.admin-id').entries()) {
    element.textContent = ids[at % ids.length] ?? '';
  }
  for (const element of document.querySelectorAll('[role="timer"], .admin-clock')) {
    const time = element.ariaLabel === 'Time left' ? '17:26' : '12:34';
    element.textContent = (element.textContent ?? '').replace(/\d+:\d\d(:\d\d)?/, time);
  }
  for (const input of document.querySelectorAll('input')) {
    if (/^http:.*#/.test(input.value)) input.value = 'https://calls.example.com/#k7Qm2RzVt9XbLw4KcJh6Ns8PfGdYe1Ua';
  }
}

/** Runs in a page. */
function goOn(): void {
  globalThis.isStill = false;
  for (const note of document.querySelectorAll<HTMLElement>('.announcer, .quiet-note')) note.style.visibility = '';
}

/** Holds a page with its frames still. @returns a function that lets it go on */
export async function still(page: Page): Promise<() => Promise<unknown>> {
  // Out of a frame the mouse leaves only by way of the frame: no button stays highlighted.
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
  await page.mouse.move(width / 2, height / 2);
  await page.mouse.move(0, 0);
  await Promise.all(page.frames().map((frame) => frame.evaluate(holdStill)));
  return () => Promise.all(page.frames().map((frame) => frame.evaluate(goOn)));
}

/** The figures that depend on the machine and its load, and what stands in their place. */
const varying: readonly (readonly [RegExp, string])[] = [
  [/img "((Good|Fair|Weak) connection|Connected)[^"]*"/g, 'img "Good connection"'],
  [/Has been waiting for \d+ minutes?/g, 'Just came'],
  [/As of \d+ seconds? ago/g, 'As of now'],
  [/[\d.,]+ [kM]?B(, all of it on the server\.| of [\d.,]+ [kM]?B left\.)/g, 'all of it on the server.'],
];

/** The words and roles that people and screen readers get from a page and its frames. */
export async function wordsOf(page: Page): Promise<string[]> {
  const texts: string[] = [];
  for (const frame of page.frames()) texts.push(await wordsIn(frame));
  return texts.flatMap((text) => text.split('\n'));
}

async function wordsIn(frame: Frame): Promise<string> {
  const text = await frame.locator('body').ariaSnapshot();
  return varying.reduce((rest, [pattern, word]) => rest.replace(pattern, word), text);
}
