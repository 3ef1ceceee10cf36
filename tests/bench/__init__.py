"""Speed, measured side by side in one run: the same model, prompts and machine, ours and other harnesses'.

python -m tests.bench [a b c d e] [--quick]      writes results/bench/scoring.json and prints a table
"""
