#!/bin/sh
# Split the orders into one file a country; usage: split_by_country.sh ORDERS FOLDER PAUSE
#
# What it prints becomes the log of its job, line by line as it comes; a line
# `::progress 0.4 text` says how far it is instead.
set -eu

export LC_ALL=C # a point in numbers, whatever the language

orders=$1 folder=$2 pause=$3

countries=$(awk -F, 'NR > 1 && $4 { print $4 }' "$orders" | sort -u)
total=$(echo "$countries" | wc -l)
done=0

mkdir -p "$folder"
for country in $countries; do
    awk -F, -v country="$country" 'NR == 1 || $4 == country' "$orders" >"$folder/$country.csv"
    echo "$country: $(($(wc -l <"$folder/$country.csv") - 1)) orders"
    done=$((done + 1))
    echo "::progress $(awk "BEGIN { print $done / $total }") $country"
    sleep "$pause"
done
