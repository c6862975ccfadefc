/** Three nodes, each joined with every other. */
export function MeshSign() {
  return (
    <svg class="mesh-sign" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M12 5 4.8 18h14.4z" />
      <circle cx="12" cy="5" r="3" />
      <circle cx="4.8" cy="18" r="3" />
      <circle cx="19.2" cy="18" r="3" />
    </svg>
  );
}

export function Wordmark() {
  return (
    <p class="wordmark">
      <MeshSign />
      <span>
        <b>mesh</b>-workspaces
      </span>
    </p>
  );
}
