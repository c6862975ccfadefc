import { fileURLToPath } from 'node:url';
import { type ExportSpecifier, type Node, SyntaxKind, type TypeParameterDeclaration } from 'typescript/unstable/ast';
import {
  API,
  type Checker,
  type Symbol as Named,
  type Project,
  SymbolFlags,
  type Type,
} from 'typescript/unstable/sync';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The options of `typeToString`: nothing is shortened, and an alias is written out. */
const WRITTEN_OUT = 1 | (1 << 23);

/** What a JSDoc comment says. */
export interface Comment {
  readonly about: string;
  /** By the name of the parameter. */
  readonly params: ReadonlyMap<string, string>;
  readonly returns: string;
  readonly throws: string;
  readonly examples: readonly string[];
}

/** Something that a module exports. */
export interface Exported {
  readonly symbol: Named;
  /** Whether it cannot be used as a value. */
  readonly isTypeOnly: boolean;
}

/** A part of a type: a property, or a property of a property (`workspace.name`). */
export interface Row {
  readonly name: string;
  readonly type: string;
  readonly about: string;
  /** The code that makes its value, where it has no type of its own. */
  readonly code: string;
}

/** The types and comments of this project, as the compiler knows them. */
export class Source {
  readonly #api: API;
  readonly #project: Project;
  /** The names that pages explain, or that everybody knows. */
  readonly #known = new Set<string>();
  /** The names of types outside of their module, by those that they have there. */
  readonly #outerNames = new Map<string, string>();
  /** The names of types by what they are, written out: the compiler forgets the names of those that follow from schemas. */
  readonly #names = new Map<string, string>();

  private constructor(api: API, project: Project) {
    this.#api = api;
    this.#project = project;
  }

  /** @param config of the compiler, from the folder of this project */
  static open(config: string): Source {
    const api = new API({ cwd: root });
    const [project] = api.updateSnapshot({ openProject: root + config }).getProjects();
    if (!project) throw new Error(`There is no project ${config}.`);
    return new Source(api, project);
  }

  close(): void {
    this.#api.close();
  }

  get checker(): Checker {
    return this.#project.checker;
  }

  /** What a module exports, by its names. Types and signatures may name these from now on. */
  exportsOf(file: string): Map<string, Exported> {
    const module = this.#project.program.getSourceFile(root + file);
    const symbol = module && this.checker.getSymbolAtLocation(module);
    if (!symbol) throw new Error(`${file} is no module.`);
    const exports = this.checker.getExportsOfModule(symbol).map((each): [string, Exported] => {
      const specifier = this.declaration(each) as ExportSpecifier | undefined;
      const isAlias = (each.flags & SymbolFlags.Alias) !== 0;
      const statement = specifier?.parent.parent as { isTypeOnly?: boolean } | undefined;
      const isTypeOnly = isAlias && (specifier?.isTypeOnly === true || statement?.isTypeOnly === true);
      return [each.name, { symbol: isAlias ? this.checker.getAliasedSymbol(each) : each, isTypeOnly }];
    });
    for (const [name, { symbol: each }] of exports) {
      this.know([name]);
      if (each.name !== name) this.#outerNames.set(each.name, name);
      this.knowParametersOf(this.declaration(each));
      if ((each.flags & SymbolFlags.TypeAlias) === 0) continue;
      const text = this.checker.typeToString(this.checker.getDeclaredTypeOfSymbol(each), undefined, WRITTEN_OUT);
      if (text.startsWith('{ ')) this.#names.set(text, name);
    }
    return new Map(exports);
  }

  /** Types and signatures may name these from now on. */
  know(names: readonly string[]): void {
    for (const name of names) this.#known.add(name);
  }

  /** Types and signatures may name the type parameters of a declaration from now on. */
  knowParametersOf(declaration: object | undefined): void {
    const { typeParameters = [] } = (declaration ?? {}) as { typeParameters?: readonly TypeParameterDeclaration[] };
    for (const { name } of typeParameters) this.#known.add(name.getText());
  }

  declaration(symbol: Named): Node | undefined {
    return (symbol.valueDeclaration ?? symbol.declarations[0])?.resolve(this.#project);
  }

  /** Whether it comes from this project, and not from a library. */
  isOwn(symbol: Named): boolean {
    const file = this.declaration(symbol)?.getSourceFile().fileName;
    return file !== undefined && !file.includes('/node_modules/') && !file.startsWith('bundled:');
  }

  comment(symbol: Named): Comment {
    const tags = symbol.getJsDocTags(this.checker);
    const texts = (name: string) => tags.filter((tag) => tag.name === name).map(({ text }) => text?.trim() ?? '');
    const params = texts('param').map((text): [string, string] => {
      const [, name = '', about = ''] = /^(\S+)\s*([\s\S]*)$/.exec(text) ?? [];
      return [name, about];
    });
    return {
      about: symbol.getDocumentationComment(this.checker).trim(),
      params: new Map(params),
      returns: texts('returns').join(' '),
      throws: texts('throws').join(' '),
      examples: texts('example'),
    };
  }

  /** The type of a declaration: as it is written there, unless that names what no page explains. */
  typeOf(node: Node | undefined, type: Type | undefined): string {
    const written = node && this.#outerName(node.getText().replace(/\s+/g, ' '));
    const text = written !== undefined && this.#isClear(written) ? written : this.#writtenOut(type);
    const unknown = this.unknownIn(text);
    if (unknown.length > 0) throw new Error(`No page explains ${unknown.join(', ')}, which ${text} names: export it.`);
    return plain(text);
  }

  #outerName(text: string): string {
    return text.replace(/\b[A-Z]\w*\b/g, (name) =>
      this.#known.has(name) ? name : (this.#outerNames.get(name) ?? name),
    );
  }

  #writtenOut(type: Type | undefined): string {
    if (!type) return 'unknown';
    let text = this.checker.typeToString(type, undefined, WRITTEN_OUT);
    for (const [whole, name] of this.#names) text = text.replaceAll(whole, name);
    return this.#outerName(text)
      .replaceAll('"', "'")
      .replace(/_1(\??:)/g, '$1');
  }

  #isClear(text: string): boolean {
    return !/\btypeof |\['|keyof /.test(text) && this.unknownIn(text).length === 0;
  }

  /** The names of types in a text that no page explains. */
  unknownIn(text: string): string[] {
    const names = text.replace(/'[^']*'/g, '').match(/\b[A-Z]\w*\b/g) ?? [];
    return [...new Set(names)].filter((name) => !this.#known.has(name) && !this.#isGlobal(name));
  }

  #isGlobal(name: string): boolean {
    if (!this.checker.resolveName(name, SymbolFlags.Type | SymbolFlags.Value)) return false;
    this.#known.add(name);
    return true;
  }

  /** The properties of a type that this project declares, with those of properties that are objects. */
  rows(type: Type, prefix = ''): Row[] {
    return this.checker.getPropertiesOfType(type).flatMap((property) => {
      if (property.name.startsWith('__') || !this.isOwn(property)) return [];
      const declared = this.declaration(property);
      if (/^(private|protected) /.test(declared?.getText() ?? '')) return [];
      const isMethod = (property.flags & SymbolFlags.Method) !== 0;
      const node = declared && !isMethod ? typeNodeOf(declared) : undefined;
      const own = this.checker.getTypeOfSymbol(property);
      const name = `${prefix}${property.name}`;
      const isOptional = (property.flags & SymbolFlags.Optional) !== 0;
      const head = {
        name: isOptional ? `${name}?` : name,
        about: this.comment(property).about,
        code: declared?.getText() ?? '',
      };
      const written = node?.getText() ?? '';
      // An object that has a name is explained where that name is.
      const isNamed = written !== '' && this.#isClear(written) && !written.includes('{');
      const inner = own && !isNamed ? this.#innerObject(own) : null;
      if (!inner) return [{ ...head, type: this.typeOf(node, own) }];
      const nested = this.rows(inner.type, inner.isList ? `${name}[].` : `${name}.`);
      // Where nothing is said of its parts, their names say enough.
      if (nested.every(({ about }) => about === '')) return [{ ...head, type: this.typeOf(node, own) }];
      return [{ ...head, type: `object${inner.isList ? '[]' : ''}${inner.isNullable ? ' | null' : ''}` }, ...nested];
    });
  }

  /** The object without a name that a type is, or a list of such; besides null and undefined. */
  #innerObject(type: Type): { type: Type; isList: boolean; isNullable: boolean } | null {
    const parts = (type.isUnionType() ? [...(type.getTypes() ?? [])] : [type]).filter(
      (part) => !['undefined', 'null'].includes(this.checker.typeToString(part)),
    );
    const isNullable =
      type.isUnionType() && (type.getTypes() ?? []).some((part) => this.checker.typeToString(part) === 'null');
    const [only] = parts;
    if (!only || parts.length > 1) return null;
    const isList = this.checker.isArrayType(only);
    const inner = isList && only.isTypeReference() ? this.checker.getTypeArguments(only)[0] : only;
    if (!inner?.isObjectType() || inner.isClassOrInterface() || this.checker.isArrayType(inner)) return null;
    const text = this.checker.typeToString(inner, undefined, WRITTEN_OUT);
    return /^\{ (?!\[)/.test(text) && !this.#names.has(text) ? { type: inner, isList, isNullable } : null;
  }
}

/** The type that stands beside the name in a declaration. */
export function typeNodeOf(declaration: Node): Node | undefined {
  return (declaration as { type?: Node }).type;
}

/**
 * The comment right before a node, which need not be one of JSDoc's own places.
 * @param from where the text before it begins
 */
export function commentBefore(node: Node, from = node.pos): string {
  const before = node.getSourceFile().text.slice(from, node.getStart());
  const [, text = ''] = /\/\*\*([\s\S]*?)\*\//.exec(before) ?? [];
  return text.replace(/^\s*\* ?/gm, '').trim();
}

/** A type without what says nothing to its reader: what is optional may be undefined, and states never change in place. */
const plain = (text: string) =>
  text
    .replace(/ \| undefined(?=[,;)]| \}|$)/g, '')
    .replace(/([{;] )readonly /g, '$1')
    .replaceAll('; }', ' }');

export { SyntaxKind };
