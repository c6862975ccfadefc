import type {
  IndexedAccessTypeNode,
  MappedTypeNode,
  Node,
  TypeReferenceNode,
  UnionTypeNode,
} from 'typescript/unstable/ast';
import type { Symbol as Named } from 'typescript/unstable/sync';
import { commentBefore, type Source, SyntaxKind, typeNodeOf } from './source.ts';

export interface UnionMember {
  readonly type: string;
  readonly about: string;
}

/** The members of a union that explains some of them one by one, also of the unions within it; null for any other type. */
export function membersOfUnion(source: Source, symbol: Named): readonly UnionMember[] | null {
  const declaration = source.declaration(symbol);
  const node = declaration && typeNodeOf(declaration);
  if (node?.kind !== SyntaxKind.UnionType) return null;
  const members = withComments(node as UnionTypeNode).flatMap((each) => membersOf(source, each));
  return members.some(({ about }) => about !== '') ? members : null;
}

interface Commented {
  readonly node: Node;
  readonly about: string;
}

/** The members of a union, each with the comment before its bar. */
function withComments({ pos, types }: UnionTypeNode): Commented[] {
  return types.map((node, index) => ({ node, about: commentBefore(node, types[index - 1]?.end ?? pos) }));
}

function membersOf(source: Source, { node, about }: Commented): UnionMember[] {
  if (node.kind === SyntaxKind.TypeReference && source.unknownIn(node.getText()).length > 0) {
    const { within, comment } = aliased(source, node as TypeReferenceNode);
    if (within?.kind === SyntaxKind.UnionType) {
      return withComments(within as UnionTypeNode).flatMap((each) => membersOf(source, each));
    }
    if (within?.kind === SyntaxKind.IndexedAccessType) return membersOfMap(source, within as IndexedAccessTypeNode);
    if (within) return [{ type: textOf(source, within), about: about || comment }];
  }
  return [{ type: textOf(source, node), about }];
}

/** The members of `{[Type in Types]: {...}}[Types]`, each with the comment that `Types` has beside it. */
function membersOfMap(source: Source, { objectType }: IndexedAccessTypeNode): UnionMember[] {
  const { typeParameter, type } = objectType as MappedTypeNode;
  const { within } = aliased(source, typeParameter.constraint as TypeReferenceNode);
  if (!type || within?.kind !== SyntaxKind.UnionType) throw new Error(`Nothing is known of ${objectType.getText()}.`);
  source.knowParametersOf({ typeParameters: [typeParameter] });
  return withComments(within as UnionTypeNode).map(({ node, about }) => ({
    type: textOf(source, type).replace(/\bType\b/g, node.getText()),
    about,
  }));
}

const textOf = (source: Source, node: Node) => source.typeOf(node, source.checker.getTypeAtLocation(node));

/** What the alias stands for that a reference names, and the comment of it. */
function aliased(source: Source, { typeName }: TypeReferenceNode): { within?: Node | undefined; comment: string } {
  const symbol = source.checker.getSymbolAtLocation(typeName);
  const declaration = symbol && source.declaration(symbol);
  return { within: declaration && typeNodeOf(declaration), comment: symbol ? source.comment(symbol).about : '' };
}
