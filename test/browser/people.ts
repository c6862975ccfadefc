import type { Browser } from 'playwright-core';
import { Visitor, type VisitorOptions } from './visitors.ts';

/** Most tests need no large pictures, and weigh less on the machine without them. */
export const light: VisitorOptions = { isLight: true };

/** Brings people to the page, as far as a test needs them. */
export function peopleIn(browser: () => Browser) {
  function arrive(url: string, name: string, options: VisitorOptions = light): Promise<Visitor> {
    return Visitor.arrive(browser(), url, name, options);
  }

  /** Ada creates a workspace, and the others take seats with its link. */
  async function seated(
    url: string,
    names: readonly string[],
    options: VisitorOptions = light,
  ): Promise<{ ada: Visitor; others: Visitor[]; all: Visitor[]; link: string }> {
    const ada = await arrive(url, 'Ada', options);
    const link = await ada.createWorkspace({ workspace: 'Atelier' });
    const others = await Promise.all(names.map((name) => arrive(link, name, options)));
    await Promise.all(others.map((other) => other.join()));
    return { ada, others, all: [ada, ...others], link };
  }

  async function call(url: string, names: readonly string[], options: VisitorOptions = light) {
    const people = await seated(url, names, options);
    const { ada, others, all } = people;
    await ada.startCall(others);
    await Promise.all(others.map((other) => other.press('Accept')));
    await Promise.all(all.map((each) => each.isConnectedWith(all.filter((other) => other !== each))));
    return people;
  }

  return { arrive, seated, call };
}
