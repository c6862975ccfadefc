/** Whether the person types into a field, so that keys are no shortcuts. */
export function isTyping(): boolean {
  const { activeElement } = document;
  if (activeElement instanceof HTMLInputElement) return !activeElement.readOnly;
  return activeElement instanceof HTMLTextAreaElement || activeElement instanceof HTMLSelectElement;
}
