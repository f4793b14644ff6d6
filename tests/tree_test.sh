#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Rules of the tree that no compiler checks: who includes whom, how long a file may be, how it begins, how it is
# formatted. Prints each breach; the exit status says whether there was one, 4 that a check had to be left out.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
breaches=0
left_out=0
breach() { echo "$*"; breaches=$((breaches + 1)); }

mapfile -t sources < <(find switch datapath config control measure tests bench -name '*.h' -o -name '*.cc' | sort)
mapfile -t scripts < <(find scripts .ci bench tests -type f -perm -u+x ! -name '*.cc' ! -name '*.h' ! -name '*.py' | sort)

# Longer files, each with its reason.
declare -A long_files=()
for file in "${sources[@]}" "${scripts[@]}"; do
  lines=$(wc -l < "$file")
  if [ "$lines" -gt 400 ] && [ -z "${long_files[$file]:-}" ]; then
    breach "$file: $lines lines; the limit is 400 (or name it in $0 with a reason)"
  fi
done

for file in "${sources[@]}"; do
  [ "$(head -1 "$file")" = '// SPDX-License-Identifier: Apache-2.0' ] || breach "$file: the first line is not the SPDX line"
done
for file in "${sources[@]}"; do
  if [[ $file == *.h ]] && ! grep -q '^#pragma once$' "$file"; then breach "$file: no #pragma once"; fi
done
for file in "${scripts[@]}"; do
  head -3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || breach "$file: no SPDX line among the first three"
done

# Layers: a folder's files may include from these folders only.
declare -A below=([switch]='switch' [datapath]='switch datapath' [config]='switch config'
                  [control]='switch datapath config control' [measure]='switch datapath control measure')
for layer in "${!below[@]}"; do
  while IFS=: read -r file line include; do
    folder=${include#*\"}
    # The program's main() is what knows both its halves.
    if [[ $file == control/trestle.cc && $folder == measure/* ]]; then continue; fi
    if [[ $layer == measure && $folder == control/* && $folder != control/net/* && $folder != control/version.h* ]]; then
      breach "$file:$line: of control/, measure may include control/net/ and control/version.h only"
    fi
    folder=${folder%%/*}
    [[ " ${below[$layer]} " == *" $folder "* ]] || breach "$file:$line: $layer must not include from $folder/"
  done < <(grep -rnE '^#include "' --include='*.h' --include='*.cc' "$layer")
done

# The developers' documents name files of the tree; each must be there.
for document in README.md CONTRIBUTING.md docs/architecture.md docs/performance.md docs/flow-tables.md docs/monitoring.md docs/benchmarking.md bench/README.md; do
  while read -r path; do
    [ -e "$path" ] || breach "$document names $path, which does not exist"
  done < <(grep -oE '`(switch|datapath|config|control|measure|tests|bench|docs|examples|scripts|packaging)/[A-Za-z0-9_./-]*`' "$document" |
             tr -d '\`' | sort -u)
done

if command -v clang-format > /dev/null; then
  while read -r file; do breach "$file: not formatted; run: clang-format -i $file"; done < <(
    for file in "${sources[@]}"; do
      clang-format --dry-run -Werror "$file" > /dev/null 2>&1 || echo "$file"
    done)
elif [ "${CI:-}" = true ]; then
  breach "clang-format is missing, and with CI=true nothing may be left out"
else
  echo "clang-format is not installed: formatting was not checked"
  left_out=1
fi

if [ $breaches -gt 0 ]; then
  echo "$breaches breaches of the rules of the tree"
  exit 1
fi
echo "${#sources[@]} sources and ${#scripts[@]} scripts keep the rules of the tree"
[ $left_out -eq 0 ] || exit 4
