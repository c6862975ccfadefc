import { posix } from 'node:path';
import type { ClassDeclaration, InterfaceDeclaration, Node, ParameterDeclaration } from 'typescript/unstable/ast';
import { type Symbol as Named, SignatureKind, SymbolFlags, type Type } from 'typescript/unstable/sync';
import { type ReferencePage, referencePages } from './pages.ts';
import { type Comment, commentBefore, type Exported, type Row, Source, SyntaxKind, typeNodeOf } from './source.ts';
import { membersOfUnion } from './unions.ts';

const kinds = SymbolFlags;

/** A place where a type is explained: a page and the heading there. */
interface Place {
  readonly path: string;
  readonly anchor: string;
}

/** The anchor of a heading, as GitHub makes it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');

const code = (text: string) => `\`${text}\``;

/** Text of a comment as Markdown: what looks like a tag is none. */
const prose = (text: string) =>
  text
    .replace(/`[^`]*`|<(?=[a-z/])/g, (found) => (found === '<' ? '&lt;' : found))
    .replace(/\n(?!\n)\s*/g, (gap) => gap);

/** Codes of errors stand in prose without marks. */
const withCodes = (text: string) =>
  prose(text).replace(/`[^`]*`|\b[A-Z]{2,}(?:_[A-Z]+)+\b|\b(?:FULL|KICKED|INTERNAL|CONFLICT)\b/g, (found) =>
    found.startsWith('`') ? found : code(found),
  );

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();

/** Writes the pages of the reference. */
export class Reference {
  readonly #source: Source;
  readonly #places = new Map<string, Place>();
  /** What the types say of themselves, by their names. */
  readonly #sentences = new Map<string, string>();
  /** What is said of the parts of the state of a client. */
  readonly #state = new Map<string, string>();
  #page: ReferencePage = referencePages[0] as ReferencePage;

  constructor(source: Source) {
    this.#source = source;
  }

  /** @returns the text of each page by its path */
  pages(): Map<string, string> {
    const all = referencePages.map((page) => ({ page, exports: this.#source.exportsOf(page.file) }));
    for (const { page, exports } of all) {
      this.#source.know(page.libraries ?? []);
      for (const [name, { symbol }] of exports) {
        // What a later module hands on is explained with the first one.
        if (page.omit.includes(name) || this.#places.has(name)) continue;
        this.#places.set(name, { path: page.path, anchor: anchorOf(name) });
        this.#sentences.set(name, this.#source.comment(symbol).about);
        if (name !== 'ClientState' && name !== 'SeatState') continue;
        for (const row of this.#source.rows(this.#source.checker.getDeclaredTypeOfSymbol(symbol))) {
          this.#state.set(row.name, oneLine(prose(row.about)));
        }
      }
    }
    return new Map(all.map(({ page, exports }) => [page.path, this.#write(page, exports)]));
  }

  #write(page: ReferencePage, exports: Map<string, Exported>): string {
    this.#page = page;
    const own = [...exports].filter(([name]) => this.#places.get(name)?.path === page.path);
    const isOf = (flags: number) =>
      own
        .filter(([, { symbol }]) => (symbol.flags & flags) !== 0)
        .map(([name, { symbol }]): [string, Named] => [name, symbol]);
    const [classes, functions] = [isOf(kinds.Class), isOf(kinds.Function | kinds.Variable)];
    // The class with groups, or with the most members, is what the module is for.
    const rank = ([name]: [string, Named]) =>
      Object.keys(page.instances).indexOf(name) + (name in page.instances ? 0 : 99);
    classes.sort((one, other) => rank(one) - rank(other));
    const types = isOf(kinds.Interface | kinds.TypeAlias).filter((each) => !classes.includes(each));
    types.sort(([one], [other]) => one.localeCompare(other, 'en'));
    const sections = [
      ...classes.map(([name, symbol]) => this.#class(name, symbol)),
      ...functions.map(([name, symbol]) => this.#function(name, symbol)),
      ...(types.length > 0 ? ['## Types', ...types.map(([name, symbol]) => this.#type(name, symbol))] : []),
    ];
    const values = [...classes, ...functions].map(([name]) => name).filter((name) => !exports.get(name)?.isTypeOnly);
    return `${[
      `# ${page.title}`,
      `<!-- Made by npm run docs from the types and comments of ${page.file}: change it there. -->`,
      `\`\`\`ts\nimport { ${values.join(', ')} } from '${page.module}';\n\`\`\``,
      page.intro,
      ...sections,
    ].join('\n\n')}\n`;
  }

  /** A type in code, whose names lead to where they are explained. */
  #linked(type: string): string {
    const spans: { text: string; place?: Place | undefined }[] = [];
    for (const text of type.split(/('[^']*'|\b[A-Z]\w*\b)/).filter((part) => part !== '')) {
      const place = this.#places.get(text);
      const last = spans.at(-1);
      if (last && !last.place && !place) last.text += text;
      else spans.push({ text, place });
    }
    return spans
      .map(({ text, place }) => {
        const core = text.trim();
        const marked = core === '' ? '' : place ? `[${code(core)}](${this.#address(place)})` : code(core);
        return text.replace(core, () => marked);
      })
      .join('');
  }

  #address({ path, anchor }: Place): string {
    const file = path === this.#page.path ? '' : posix.relative(posix.dirname(this.#page.path), path);
    return `${file}#${anchor}`;
  }

  #table(head: string, rows: readonly Row[]): string {
    const cell = (text: string) => text.replaceAll('|', '\\|');
    const lines = rows.map((row) => {
      const about = oneLine(prose(row.about)) || this.#aboutElsewhere(row);
      return `| ${code(row.name)} | ${cell(this.#linked(row.type))} | ${cell(about)} |`;
    });
    return [`| ${head} | type | |`, '|---|---|---|', ...lines].join('\n');
  }

  /** What is said of a member where it comes from: the method that it calls, the state of the client, or its type. */
  #aboutElsewhere({ name, type, code: made }: Row): string {
    const [, media, method] = /store\.client(\.media)?\.(\w+)\(/.exec(made) ?? [];
    if (method && !name.includes('.')) {
      const heading = `client${media ?? ''}.${method}`;
      return `[${code(heading)}](${this.#address({ path: 'docs/client.md', anchor: anchorOf(heading) })})`;
    }
    if (this.#page.isOfState && this.#state.has(name)) return this.#state.get(name) ?? '';
    const [named] = type.match(/^[A-Z]\w*(?=$| \| null$)/) ?? [];
    const [first = ''] = (named && this.#sentences.get(named)?.split(/(?<=\.) |\n\n/)) || [];
    return oneLine(prose(first));
  }

  #said({ about, params, returns, throws, examples }: Comment): string[] {
    const notes = [
      ...[...params].map(([name, text]) => `- ${code(name)}: ${oneLine(withCodes(text))}`),
      ...(returns ? [`- Returns ${oneLine(prose(returns))}`] : []),
      ...(throws
        ? [`- Errors: ${oneLine(withCodes(throws.replace(/\b(?:CommandError|MeshServerError) /g, '')))}`]
        : []),
    ];
    return [
      ...(about ? [withCodes(about)] : []),
      ...(notes.length > 0 ? [notes.join('\n')] : []),
      ...examples.map((text) => `\`\`\`${text.startsWith('<') ? 'html' : 'ts'}\n${text}\n\`\`\``),
    ];
  }

  #class(name: string, symbol: Named): string {
    const { checker } = this.#source;
    const instance = this.#page.instances[name] ?? '';
    const node = this.#source.declaration(symbol) as ClassDeclaration | undefined;
    const type = checker.getDeclaredTypeOfSymbol(symbol);
    const members = checker.getPropertiesOfType(type).filter((member) => this.#isPublic(member));
    const isMethod = (member: Named) => (member.flags & kinds.Method) !== 0;
    const groups = this.#page.groups[name];
    const sections: string[] = [];
    const making = node?.members.find(({ kind }) => kind === SyntaxKind.Constructor);
    if (making && !this.#page.omit.includes(`new ${name}`)) sections.push(this.#making(name, making));
    const inGroups = new Set(Object.values(groups ?? {}).flat());
    const forgotten = groups ? members.filter((member) => !inGroups.has(member.name)) : [];
    if (forgotten.length > 0) {
      const names = forgotten.map((member) => member.name).join(', ');
      throw new Error(`scripts/reference/pages.ts has no group for ${name}: ${names}.`);
    }
    const write = (member: Named) =>
      isMethod(member) ? this.#method(instance, member) : this.#property(instance, member);
    if (groups) {
      for (const [title, names] of Object.entries(groups)) {
        sections.push(`### ${title}`);
        for (const each of names) {
          const member = members.find((one) => one.name === each);
          if (!member) throw new Error(`${name} has no ${each}, which scripts/reference/pages.ts names.`);
          sections.push(write(member));
        }
      }
    } else {
      const rows = this.#source
        .rows(type)
        .filter(({ name: each }) => members.some((one) => one.name === each.split(/[.?[]/)[0] && !isMethod(one)));
      if (rows.length > 0) sections.push(this.#table('property', rows));
      for (const member of members.filter(isMethod)) sections.push(this.#method(instance, member, '###'));
    }
    return [`## ${name}`, ...this.#said(this.#source.comment(symbol)), ...sections].join('\n\n');
  }

  #isPublic(member: Named): boolean {
    if (member.name.startsWith('__') || this.#page.omit.includes(member.name) || !this.#source.isOwn(member))
      return false;
    return !/^(private|protected) /.test(this.#source.declaration(member)?.getText() ?? '');
  }

  #making(name: string, node: Node): string {
    const said = commentBefore(node)
      .replace(/^@throws /gm, '- Errors: ')
      .replace(/^@param (\w+) /gm, '- `$1`: ');
    const signature = this.#signature(`new ${name}`, node, null);
    return [`### new ${name}`, `\`\`\`ts\n${signature}\n\`\`\``, ...(said ? [prose(said)] : [])].join('\n\n');
  }

  #method(instance: string, member: Named, level = '####'): string {
    const node = this.#source.declaration(member);
    const heading = instance ? `${instance}.${member.name}` : member.name;
    const comment = this.#source.comment(member);
    if (!comment.about && !comment.returns) throw new Error(`${heading} has no sentence.`);
    const type = this.#source.checker.getTypeOfSymbol(member);
    const signature = node ? this.#signature(member.name, node, type ?? null, comment) : member.name;
    return [`${level} ${heading}`, `\`\`\`ts\n${signature}\n\`\`\``, ...this.#said(comment)].join('\n\n');
  }

  #property(instance: string, member: Named): string {
    const node = this.#source.declaration(member);
    const type = this.#source.typeOf(node && typeNodeOf(node), this.#source.checker.getTypeOfSymbol(member));
    return [`#### ${instance}.${member.name}`, this.#linked(type), ...this.#said(this.#source.comment(member))].join(
      '\n\n',
    );
  }

  /** A signature as somebody would declare it who knows nothing of the code behind it. */
  #signature(name: string, node: Node, type: Type | null, comment?: Comment): string {
    const { checker } = this.#source;
    this.#source.knowParametersOf(node);
    const declared = (node as { parameters?: readonly ParameterDeclaration[] }).parameters ?? [];
    const generics = (node as { typeParameters?: readonly Node[] }).typeParameters ?? [];
    const named = new Set(declared.map((parameter) => parameter.name.getText()));
    // A parameter that is taken apart has no name; its comment gives it one.
    const free = [...(comment?.params.keys() ?? [])].filter((each) => !named.has(each));
    const parameters = declared.map((parameter) => {
      const isApart = parameter.name.kind === SyntaxKind.ObjectBindingPattern;
      const own = isApart ? (free.shift() ?? 'options') : parameter.name.getText();
      const isOptional = parameter.questionToken !== undefined || parameter.initializer !== undefined;
      const text = this.#source.typeOf(parameter.type, checker.getTypeAtLocation(parameter.name));
      return `${parameter.dotDotDotToken ? '...' : ''}${own}${isOptional ? '?' : ''}: ${text}`;
    });
    const call = type && checker.getSignaturesOfType(type, SignatureKind.Call)[0];
    const answer = call ? `: ${this.#source.typeOf(typeNodeOf(node), checker.getReturnTypeOfSignature(call))}` : '';
    const types = generics.length > 0 ? `<${generics.map((each) => each.getText()).join(', ')}>` : '';
    const line = `${name}${types}(${parameters.join(', ')})${answer}`;
    if (line.length <= 110) return line;
    return `${name}${types}(${parameters.map((each) => `\n  ${each},`).join('')}\n)${answer}`;
  }

  #function(name: string, symbol: Named): string {
    const { checker } = this.#source;
    const node = this.#source.declaration(symbol);
    const type = checker.getTypeOfSymbol(symbol);
    const comment = this.#source.comment(symbol);
    if (!node || !type) throw new Error(`${name} is no function.`);
    const call = checker.getSignaturesOfType(type, SignatureKind.Call)[0];
    const answer = call && checker.getReturnTypeOfSignature(call);
    // A component has attributes, which the type of its properties explains.
    const isFunction = node.kind === SyntaxKind.FunctionDeclaration && /^[a-z]/.test(name);
    if (!isFunction || typeNodeOf(node) || !answer) {
      const signature = isFunction ? [`\`\`\`ts\n${this.#signature(name, node, type, comment)}\n\`\`\``] : [];
      return [`## ${name}`, ...signature, ...this.#said(comment)].join('\n\n');
    }
    const signature = `${this.#signature(name, node, null, comment)}`;
    const rows = this.#source.rows(answer);
    return [`## ${name}`, `\`\`\`ts\n${signature}\n\`\`\``, ...this.#said(comment), this.#table('returns', rows)].join(
      '\n\n',
    );
  }

  #type(name: string, symbol: Named): string {
    const comment = this.#source.comment(symbol);
    if (!comment.about && !this.#page.isGenerated) throw new Error(`${name} in ${this.#page.path} has no sentence.`);
    const head = [`### ${name}`, ...this.#said(comment)];
    const elsewhere = this.#page.elsewhere?.[name];
    if (elsewhere) return [...head, elsewhere].join('\n\n');
    const union = membersOfUnion(this.#source, symbol);
    if (union) {
      const lines = union.map(
        ({ type, about }) => `- ${this.#linked(type)}${about ? `: ${oneLine(prose(about))}` : ''}`,
      );
      return [...head, lines.join('\n')].join('\n\n');
    }
    const node = this.#source.declaration(symbol);
    const type = this.#source.checker.getDeclaredTypeOfSymbol(symbol);
    const rows = type.isUnionType() ? [] : this.#source.rows(type);
    if (rows.length === 0)
      return [...head, this.#linked(this.#source.typeOf(node && typeNodeOf(node), type))].join('\n\n');
    const { heritageClauses = [], members = [] } = (node ?? {}) as Partial<InterfaceDeclaration>;
    const names = (members as readonly { name?: Node }[]).map((member) => member.name?.getText());
    const bases = heritageClauses.flatMap((clause) => clause.types.map((base) => base.getText()));
    if (bases.length === 0) return [...head, this.#table('member', rows)].join('\n\n');
    const own = new Set(names);
    const ownRows = rows.filter((row) => own.has(row.name.split(/[.?[]/)[0]));
    const inherited = `Besides, it has what ${bases.map((base) => this.#linked(base)).join(' and ')} has.`;
    return [...head, this.#table('member', ownRows), inherited].join('\n\n');
  }
}

/** The pages of the reference, by their paths. */
export function referenceDocuments(): Map<string, string> {
  const source = Source.open('tsconfig.client.json');
  try {
    return new Reference(source).pages();
  } finally {
    source.close();
  }
}
