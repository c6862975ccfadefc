export const supportedVersions: readonly number[];
export const hasPrograms: boolean;
export function folderOf(major: number): string;
export function programOf(major: number): string;
export function isThere(major: number): boolean;
