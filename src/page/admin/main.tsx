import { render } from 'preact';
import '../styles/fonts.css';
import '../styles/tokens.css';
import '../styles/base.css';
import '../styles/buttons.css';
import '../styles/fields.css';
import '../styles/notes.css';
import '../styles/dialog.css';
import '../styles/announcer.css';
import '../styles/language-choice.css';
import '../styles/wordmark.css';
import '../styles/card.css';
import '../styles/lobby.css';
import './admin.css';
import { preferredLanguage, setLanguage } from '../language.ts';
import { Admin } from './Admin.tsx';

function draw(): void {
  const place = document.getElementById('page');
  if (place) render(<Admin />, place);
}

// Without the words of that language, the page is in English.
void setLanguage(preferredLanguage()).then(draw, draw);
