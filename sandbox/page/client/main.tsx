import './style/index.css';
import { render } from 'preact';
import { connect } from './documents.mts';
import { Page } from './page.tsx';

const root = document.getElementById('page');
if (root !== null) render(<Page />, root);
connect();
