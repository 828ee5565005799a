/** A form of configuration that Kedro's documents show, as a project's files below `conf`. */
export interface DocumentedForm {
  /** Names its row in the table of docs/kedro.md. */
  readonly id: string
  readonly files: Readonly<Record<string, string>>
  /** Params of the run. Default: none. */
  readonly runtimeParams?: Readonly<Record<string, unknown>>
  /** Names of datasets of pipelines, to be given entries by factories. Default: none. */
  readonly datasets?: readonly string[]
}

/** A form that is one `catalog.yml`. */
function catalog(id: string, text: string, more: Partial<DocumentedForm> = {}): DocumentedForm {
  return { id, files: { 'base/catalog.yml': text }, ...more }
}

const files: readonly DocumentedForm[] = [
  catalog('csv', 'wind:\n  type: pandas.CSVDataset\n  filepath: data/01_raw/wind.csv\n'),
  catalog(
    'csv-args',
    `rain:
  type: pandas.CSVDataset
  filepath: data/01_raw/north/rain.csv
  load_args:
    sep: ','
  save_args:
    index: False
    encoding: "utf-8"
`,
  ),
  catalog(
    'csv-dates',
    `rain:
  type: pandas.CSVDataset
  filepath: data/01_raw/rain.csv
  save_args: { index: False, date_format: '%Y-%m-%d %H:%M', decimal: . }
`,
  ),
  catalog(
    'csv-gzip',
    `hail:
  type: pandas.CSVDataset
  filepath: data/01_raw/hail.csv.gz
  load_args: { sep: ',', compression: 'gzip' }
  fs_args: { open_args_load: { mode: 'rb' } }
`,
  ),
  catalog(
    'csv-s3',
    `snow:
  type: pandas.CSVDataset
  filepath: s3://weather/data/snow.csv
  credentials: dev_store
  load_args: { sep: ',', na_values: ['#NA', NA] }
`,
  ),
  catalog(
    'csv-rows',
    `snow:
  type: pandas.CSVDataset
  filepath: data/snow.csv
  load_args: { skiprows: 5, skipfooter: 1 }
`,
  ),
  catalog(
    'open-args',
    `wind:
  type: pandas.CSVDataset
  filepath: data/wind.csv
  fs_args:
    open_args_load:
      mode: "rb"
      encoding: "utf-8"
`,
  ),
  catalog(
    'append',
    'wind:\n  type: pandas.CSVDataset\n  filepath: data/wind.csv\n  fs_args:\n    open_args_save:\n      mode: "a"\n',
  ),
  catalog('json', 'scores: { type: json.JSONDataset, filepath: data/08_reporting/scores.json }\n'),
  catalog('text', 'note: { type: text.TextDataset, filepath: data/note.txt }\n'),
  catalog(
    'pickle',
    'forest: { type: pickle.PickleDataset, filepath: data/06_models/forest.pkl, backend: pickle }\n',
  ),
  catalog(
    'pickle-allowed',
    'forest: { type: pickle.PickleDataset, filepath: data/06_models/forest.pkl, allow_pickle: true }\n',
  ),
  catalog(
    'excel',
    `stations:
  type: pandas.ExcelDataset
  filepath: data/01_raw/stations.xlsx
  load_args:
    engine: openpyxl
`,
  ),
  catalog(
    'excel-sheets',
    `stations:
  type: pandas.ExcelDataset
  filepath: data/01_raw/stations.xlsx
  load_args:
    sheet_name: [North, South]
`,
  ),
  catalog(
    'excel-gcs',
    `stations:
  type: pandas.ExcelDataset
  filepath: gcs://weather/stations.xlsx
  fs_args:
    project: my-project
  credentials: gcp
`,
  ),
  catalog(
    'parquet',
    `readings:
  type: pandas.ParquetDataset
  filepath: data/02_intermediate/readings.parquet
  load_args:
    columns: [station, wind]
`,
  ),
  catalog(
    'parquet-hive',
    `readings:
  type: pandas.ParquetDataset
  filepath: data/02_intermediate/readings.parquet
  save_args: { compression: GZIP, file_scheme: hive, partition_on: [station] }
`,
  ),
  catalog(
    'matplotlib',
    'plot:\n  type: matplotlib.MatplotlibDataset\n  filepath: gcs://weather/plot.jpeg\n  credentials: gcp\n',
  ),
  catalog('hdf', 'wind: { type: pandas.HDFDataset, filepath: data/wind.hdf, key: name }\n'),
  catalog(
    'spark',
    'wind:\n  type: spark.SparkDataset\n  filepath: s3a://weather/wind*\n  file_format: csv\n',
  ),
  catalog(
    'snowpark',
    'wind: { type: snowflake.SnowparkTableDataset, table_name: wind, credentials: snow }\n',
  ),
  catalog(
    'sql-table',
    'wind:\n  type: pandas.SQLTableDataset\n  credentials: db\n  table_name: wind\n  save_args: { if_exists: replace }\n',
  ),
  catalog(
    'sql-query',
    'calm:\n  type: pandas.SQLQueryDataset\n  credentials: db\n  sql: select * from wind where speed < 1\n',
  ),
  catalog(
    'api',
    'forecast:\n  type: api.APIDataset\n  url: https://weather.example/forecast\n  credentials: weather_api\n  load_args: { params: { format: JSON, year: 2000 } }\n',
  ),
  catalog(
    'azure',
    'forest:\n  type: json.JSONDataset\n  filepath: "abfs://models/forest.json"\n  versioned: True\n  credentials: dev_abs\n',
  ),
  catalog(
    'sftp',
    'wind: { type: pandas.CSVDataset, filepath: "sftp:///far/wind.csv", credentials: far }\n',
  ),
  catalog('memory', 'model: { type: MemoryDataset, copy_mode: assign }\n'),
  catalog(
    'cached',
    'wind:\n  type: CachedDataset\n  dataset: { type: pandas.CSVDataset, filepath: data/wind.csv }\n',
  ),
  catalog(
    'metadata',
    'wind:\n  type: pandas.CSVDataset\n  filepath: data/wind.csv\n  metadata: { kedro-viz: { layer: raw } }\n',
  ),
  catalog(
    'versioned',
    'wind: { type: pandas.CSVDataset, filepath: data/wind.csv, versioned: True }\n',
  ),
]

const anchors = `_csv: &csv
  type: pandas.CSVDataset
  load_args: &read
    sep: ','
    na_values: ['#NA', NA]
`

const templates: readonly DocumentedForm[] = [
  catalog(
    'anchors',
    `${anchors}wind:\n  <<: *csv\n  filepath: data/wind.csv\nrain:\n  <<: *csv\n  filepath: data/rain.csv\n  load_args: { sep: ; }\n`,
  ),
  catalog(
    'anchors-nested',
    `${anchors}wind:\n  <<: *csv\n  filepath: data/wind.csv\n  load_args:\n    <<: *read\n    sep: ;\n`,
  ),
  catalog('no-underscore', 'defaults:\n  - csv\n'),
  {
    id: 'templates',
    files: {
      'base/catalog.yml': 'wind:\n  type: ${_pandas.type}\n  filepath: data/wind.csv\n',
      'base/catalog_variables.yml': '_pandas:\n  type: pandas.CSVDataset\n',
    },
  },
  {
    id: 'folders',
    files: {
      'base/catalog/wind.yml': 'wind: { type: pandas.CSVDataset, filepath: data/wind.csv }\n',
      'base/scoring/catalog.yml': 'rain: { type: pandas.CSVDataset, filepath: data/rain.csv }\n',
      'base/catalog_more.json': '{"hail": {"type": "json.JSONDataset", "filepath": "hail.json"}}\n',
    },
  },
  {
    id: 'same-name-twice',
    files: {
      'base/catalog.yml': 'wind: { type: pandas.CSVDataset, filepath: data/wind.csv }\n',
      'base/catalog_more.yml': 'wind: { type: json.JSONDataset, filepath: data/wind.json }\n',
    },
  },
  {
    id: 'environments',
    files: {
      'base/catalog.yml':
        'wind: { type: json.JSONDataset, filepath: wind.json, versioned: true }\n',
      'local/catalog.yml': 'wind: { type: pandas.CSVDataset, filepath: data/wind.csv }\n',
    },
  },
  {
    id: 'globals',
    files: {
      'base/globals.yml': 'types: { csv: pandas.CSVDataset }\n',
      'base/catalog.yml':
        'wind:\n  type: "${globals:types.csv}"\n  filepath: "${globals: folder, data}/wind.csv"\n',
    },
  },
  {
    id: 'runtime-params',
    files: {
      'base/globals.yml': 'folder: data\n',
      'base/catalog.yml': `wind:
  type: pandas.CSVDataset
  filepath: "\${runtime_params:folder, 'data/01_raw'}/wind.csv"
rain:
  type: pandas.CSVDataset
  filepath: "\${runtime_params:rain_folder, \${globals:folder}}/rain.csv"
`,
    },
    runtimeParams: { folder: 'elsewhere' },
  },
  catalog(
    'runtime-type',
    'wind: { type: "${runtime_params:kind, pandas.CSVDataset}", filepath: a.csv }\n',
  ),
  catalog('resolver', 'wind: { type: pandas.CSVDataset, filepath: "data/${today:}.csv" }\n'),
  catalog(
    'env-in-catalog',
    'wind: { type: pandas.CSVDataset, filepath: "${oc.env:FOLDER}/wind.csv" }\n',
  ),
  {
    id: 'env-in-credentials',
    files: {
      'local/credentials.yml':
        'dev_store:\n  client_kwargs: { aws_secret_access_key: "${oc.env:KEY}" }\n',
    },
  },
  {
    id: 'parameters',
    files: {
      'base/parameters.yml': 'model_options: { test_size: "${data.size}", random_state: 3 }\n',
      'base/parameters_variables.yml': 'data: { size: 0.2 }\n',
      'base/parameters/more.yml': 'model_options: { depth: 4 }\n',
    },
  },
]

const factories: readonly DocumentedForm[] = [
  catalog(
    'factory',
    '"{name}_data":\n  type: pandas.CSVDataset\n  filepath: data/01_raw/{name}_data.csv\n',
    { datasets: ['wind_data', 'rain_data'] },
  ),
  catalog(
    'factory-suffix',
    '"{dataset_name}#csv":\n  type: pandas.CSVDataset\n  filepath: data/01_raw/{dataset_name}.csv\n',
    { datasets: ['wind#csv'] },
  ),
  catalog(
    'factory-namespace',
    '"{namespace}.forest":\n  type: json.JSONDataset\n  filepath: data/06_models/forest_{namespace}.json\n  versioned: true\n',
    { datasets: ['north.forest', 'south.forest'] },
  ),
  catalog(
    'factory-layers',
    '"{layer}-{dataset_name}":\n  type: json.JSONDataset\n  filepath: data/{layer}/{dataset_name}.json\n',
    { datasets: ['processing-wind', 'modelling-metrics'] },
  ),
  catalog(
    'factories',
    `"{namespace}.{dataset_name}@text":
  type: text.TextDataset
  filepath: data/{namespace}/{dataset_name}.csv
"{dataset_name}@csv":
  type: pandas.CSVDataset
  filepath: data/01_raw/{dataset_name}.csv
`,
    { datasets: ['north.wind@text', 'wind@csv'] },
  ),
  catalog(
    'factory-catch-all',
    '"{default_dataset}":\n  type: pandas.CSVDataset\n  filepath: data/{default_dataset}.csv\n',
    { datasets: ['anything'] },
  ),
  catalog(
    'factory-two-catch-alls',
    '"{a}": { type: pandas.CSVDataset, filepath: "{a}.csv" }\n"{b}": { type: json.JSONDataset, filepath: "{b}.json" }\n',
  ),
  catalog(
    'factory-unknown-placeholder',
    '"{name}_data":\n  type: pandas.CSVDataset\n  filepath: data/{nam}.csv\n',
  ),
]

const variants: readonly DocumentedForm[] = [
  catalog(
    'transcoding',
    'rows@text: { type: text.TextDataset, filepath: data/rows.csv }\nrows@csv: { type: pandas.CSVDataset, filepath: data/rows.csv }\n',
  ),
  catalog(
    'transcoding-apart',
    'rows@json: { type: json.JSONDataset, filepath: data/rows.json }\nrows@csv: { type: pandas.CSVDataset, filepath: data/rows.csv }\n',
  ),
  catalog(
    'transcoding-spark',
    'rows@spark: { type: spark.SparkDataset, filepath: data/rows.parquet, file_format: parquet }\n',
  ),
]

const folder = 'months:\n  type: partitions.PartitionedDataset\n  path: data/months\n'
const growing =
  'months:\n  type: partitions.IncrementalDataset\n  path: data/months\n  dataset: pandas.CSVDataset\n'

const partitions: readonly DocumentedForm[] = [
  catalog('partitioned', `${folder}  dataset: pandas.CSVDataset\n  credentials: dev_store\n`),
  catalog(
    'partitioned-full',
    `${folder}  dataset:
    type: pandas.CSVDataset
    load_args:
      delimiter: ","
    save_args:
      index: false
  credentials: dev_store
  filepath_arg: filepath
  filename_suffix: ".csv"
`,
  ),
  catalog(
    'partitioned-lazily',
    `${folder}  dataset: pandas.CSVDataset\n  filename_suffix: ".csv"\n  save_lazily: True\n  overwrite: true\n`,
  ),
  catalog('partitioned-eagerly', `${folder}  dataset: pandas.CSVDataset\n  save_lazily: False\n`),
  catalog(
    'partitioned-credentials',
    `${folder}  dataset: { type: pandas.CSVDataset, credentials: inner }\n  credentials: outer\n`,
  ),
  catalog(
    'partitioned-versioned',
    `${folder}  dataset: { type: pandas.CSVDataset, versioned: true }\n`,
  ),
  catalog(
    'partitioned-s3',
    'months: { type: partitions.PartitionedDataset, path: s3://weather/months, dataset: pandas.CSVDataset }\n',
  ),
  catalog('incremental', growing),
  catalog(
    'incremental-checkpoint',
    `${growing}  checkpoint:\n    filepath: data/checkpoints/months\n`,
  ),
  catalog(
    'incremental-force',
    `${growing}  checkpoint:\n    force_checkpoint: 2020-01-01/data.csv\n`,
  ),
  catalog('incremental-short', `${growing}  checkpoint: 2020-01-01/data.csv\n`),
  catalog('incremental-all', `${growing}  checkpoint: ""\n`),
  catalog(
    'incremental-function',
    `${growing}  checkpoint:\n    comparison_func: my_module.compare\n`,
  ),
]

/** Every form of a catalog, and of what catalogs refer to, that Kedro's documents show. */
export const documentedForms: readonly DocumentedForm[] = [
  ...files,
  ...templates,
  ...factories,
  ...variants,
  ...partitions,
]
