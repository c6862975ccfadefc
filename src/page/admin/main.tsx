import { render } from 'preact';
import '../styles/fonts.css';
import '../styles/tokens.css';
import '../styles/base.css';
import '../styles/buttons.css';
import '../styles/fields.css';
import '../styles/notes.css';
import '../styles/dialog.css';
import '../styles/announcer.css';
import '../styles/wordmark.css';
import '../styles/card.css';
import '../styles/lobby.css';
import './admin.css';
import { Admin } from './Admin.tsx';

const place = document.getElementById('page');
if (place) render(<Admin />, place);
