import { execFileSync, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { emptyFolder } from '../support/built-server.ts';

/** Whether there are programs that make and read media. */
export const canEncode = ['ffmpeg', 'ffprobe'].every((program) => spawnSync(program, ['-version']).status === 0);

/** What a MediaRecorder would give in so many seconds: VP8 and Opus in a WebM without an index. */
export async function someRecording(seconds: number, bitsPerSecond: number): Promise<Buffer> {
  const file = join(await emptyFolder(), 'recording.webm');
  const picture = ['-f', 'lavfi', '-i', `testsrc2=size=320x240:rate=15:duration=${seconds}`];
  const sound = ['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`];
  const vp8 = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', String(bitsPerSecond)];
  const rates = ['-minrate', String(bitsPerSecond), '-maxrate', String(bitsPerSecond)];
  const opus = ['-c:a', 'libopus', '-b:a', '64k'];
  execFileSync('ffmpeg', ['-v', 'error', ...picture, ...sound, ...vp8, ...rates, ...opus, '-live', '1', file]);
  return readFile(file);
}

/** The packets of a file by their kinds, as a player would read them; it throws where a player would not. */
export function packetsOf(file: string): Record<string, number> {
  const wanted = ['-count_packets', '-show_entries', 'stream=codec_type,nb_read_packets', '-of', 'csv=p=0'];
  const told = execFileSync('ffprobe', ['-v', 'error', ...wanted, file], { encoding: 'utf8' });
  const lines = told.trim().split('\n');
  return Object.fromEntries(lines.map((line) => line.split(',')).map(([kind = '', count]) => [kind, Number(count)]));
}
