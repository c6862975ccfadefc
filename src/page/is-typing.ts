/** Whether the keys that are pressed now are meant for a field. */
export function isTyping(): boolean {
  const { activeElement } = document;
  if (activeElement instanceof HTMLInputElement) return !activeElement.readOnly;
  return activeElement instanceof HTMLTextAreaElement || activeElement instanceof HTMLSelectElement;
}
