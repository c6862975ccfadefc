/** `W, A, T` of the protocol, which every command of a seat carries: workspace, attendee, access token. */
export interface Proof {
  workspace: { id: string };
  attendee: { id: string };
  accessToken: string;
}
