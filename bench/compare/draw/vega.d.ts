// The used parts of the plotting libraries. They are installed in bench/ alone, and the type check works without them.

declare module 'vega' {
  export function parse(spec: object): object;
  export class View {
    constructor(runtime: object, options: { renderer: 'none' });
    toSVG(): Promise<string>;
  }
}

declare module 'vega-lite' {
  export function compile(spec: object): { spec: object };
}
