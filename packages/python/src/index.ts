export { pythonNode, type PythonNodeDefinition } from './python-node.ts'
