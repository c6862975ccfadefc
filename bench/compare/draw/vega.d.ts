// What is used of the libraries that draw. They are installed in bench/ alone, and types are checked without them, too.

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
